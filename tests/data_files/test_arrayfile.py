import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from t2po_gym.data.arrayfile import ArrayFile, ArrayFileError, ArrayFileWriter, write_arrays
from t2po_gym.data.compiling import compile_once

ARRAYS = {
    "numbers": np.arange(10, dtype=np.int64),
    "grid": np.arange(6, dtype=np.float32).reshape(3, 2),
    "flags": np.array([True, False, True]),
    "names": np.array([b"ab", b"c"]),
    "none": np.zeros((0, 4), np.uint8),
}


@pytest.fixture
def path(tmp_path):
    write_arrays(tmp_path / "some.arrays", ARRAYS, {"fingerprint": "f", "é": [1, None]})
    return tmp_path / "some.arrays"


def test_arrays_and_meta_come_back(path):
    with ArrayFile.open(path, verify=True) as opened:
        assert opened.meta == {"fingerprint": "f", "é": [1, None]}
        assert opened.names() == tuple(sorted(ARRAYS))
        for name, array in ARRAYS.items():
            assert opened[name].dtype == array.dtype
            np.testing.assert_array_equal(opened[name], array)
            assert opened.section(name).offset % 64 == 0


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(
        st.one_of(hnp.integer_dtypes(endianness="?"), hnp.floating_dtypes(), hnp.boolean_dtypes()),
        hnp.array_shapes(max_dims=3, min_side=0),
    )
)
def test_any_array_comes_back_little_endian(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("arrays") / "a"
    write_arrays(path, {"a": array}, {})
    back = ArrayFile.open(path, verify=True)["a"]
    assert back.dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(back, array)


def test_views_are_read_only_shared_and_outlive_the_file(path):
    opened = ArrayFile.open(path)
    view = opened["numbers"]
    assert opened["numbers"] is view
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    opened.close()
    assert view.sum() == 45
    with pytest.raises(ArrayFileError, match="was closed"):
        opened["numbers"]


def test_a_pickle_holds_the_path_alone(path):
    opened = ArrayFile.open(path)
    data = pickle.dumps(opened)
    assert len(data) < 400
    np.testing.assert_array_equal(pickle.loads(data)["numbers"], opened["numbers"])


def test_unknown_names_are_listed(path):
    with pytest.raises(KeyError, match=r"no array 'x'.*'flags'"):
        ArrayFile.open(path)["x"]


def test_streamed_and_whole_files_have_the_same_bytes(path, tmp_path):
    with ArrayFileWriter(tmp_path / "other", {"é": [1, None], "fingerprint": "f"}) as writer:
        for name, array in ARRAYS.items():
            writer.begin(name, array.dtype, array.shape[1:])
            for row in range(len(array)):
                writer.append(array[row : row + 1])
            writer.end()
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def test_nothing_is_left_when_writing_fails(tmp_path):
    def fail():
        with ArrayFileWriter(tmp_path / "a", {}) as writer:
            writer.write("x", np.zeros(3))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_being_read_survives_its_replacement(path):
    old = ArrayFile.open(path)["numbers"]
    write_arrays(path, {"numbers": np.zeros(3)}, {})
    assert old.sum() == 45
    assert len(ArrayFile.open(path)["numbers"]) == 3


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda w: w.append([1]), "no section is open"),
        (lambda w: w.end(), "no section is open"),
        (lambda w: (w.begin("a", "u1"), w.begin("b", "u1")), "'a' is still open"),
        (lambda w: (w.write("a", np.zeros(2)), w.write("a", np.zeros(2))), "'a' was written"),
        (lambda w: (w.begin("a", "u1"), w.append([[1]])), "rows of shape"),
        (lambda w: (w.begin("a", "u1"), w.append([1.5])), "stores uint8, got float64"),
        (lambda w: w.begin("a", "u1"), "begun and not ended"),
        (lambda w: w.write("a", np.float64(1) * np.ones(())), "is a scalar"),
        (lambda w: w.begin("a", "O"), "cannot be stored"),
        (lambda w: w.begin("a", "U4"), "cannot be stored"),
    ],
)
def test_misuse_of_the_writer_is_named(tmp_path, misuse, message):
    def run():
        with ArrayFileWriter(tmp_path / "a", {}) as writer:
            misuse(writer)

    with pytest.raises(ArrayFileError, match=message):
        run()


@pytest.mark.parametrize("keep", [0, 10, 63, 64, 100, -1])
def test_cut_files_are_refused(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[:keep])
    with pytest.raises(ArrayFileError, match=r"no file compiled by t2po-gym|cut off or damaged"):
        ArrayFile.open(path)


def test_other_versions_are_refused(path):
    data = path.read_bytes()
    path.write_bytes(data[:15] + b"9" + data[16:])
    with pytest.raises(ArrayFileError, match="this version reads"):
        ArrayFile.open(path)


def test_a_flipped_bit_is_found(path):
    data = bytearray(path.read_bytes())
    data[ArrayFile.open(path).section("numbers").offset] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArrayFileError, match=r"'numbers'.*checksum"):
        ArrayFile.open(path, verify=True)
    with pytest.raises(ArrayFileError, match=r"'numbers'.*checksum"):
        ArrayFile.open(path)  # small files are checked without being asked


def builder(fingerprint, log=None):
    def build(path):
        if log is not None:
            log.append(fingerprint)
        write_arrays(path, {"a": np.arange(3)}, {"fingerprint": fingerprint})

    return build


def test_compile_once_builds_only_when_needed(tmp_path):
    path = tmp_path / "deep" / "a.arrays"
    log = []
    assert compile_once(path, "1", builder("1", log))["a"].tolist() == [0, 1, 2]
    compile_once(path, "1", builder("1", log))
    assert log == ["1"]
    compile_once(path, "2", builder("2", log))
    assert log == ["1", "2"]
    path.write_bytes(path.read_bytes()[:-3])
    compile_once(path, "2", builder("2", log))
    assert log == ["1", "2", "2"]


def test_compile_once_refuses_a_builder_that_writes_something_else(tmp_path):
    with pytest.raises(ArrayFileError, match="did not leave"):
        compile_once(tmp_path / "a", "1", builder("2"))


def test_compile_once_builds_a_damaged_file_again(tmp_path):
    path = tmp_path / "a"
    opened = compile_once(path, "1", builder("1"))
    data = bytearray(path.read_bytes())
    data[opened.section("a").offset] ^= 1
    path.write_bytes(data)
    log = []
    with pytest.warns(UserWarning, match="Doing so now"):
        assert compile_once(path, "1", builder("1", log))["a"][0] == 0
    assert log == ["1"]


def _compile_slowly(path, folder):
    def build(target):
        (folder / f"built-{os.getpid()}").touch()
        write_arrays(target, {"a": np.arange(1000)}, {"fingerprint": "x"})

    assert compile_once(path, "x", build)["a"].sum() == 499500


def test_one_of_many_processes_builds(tmp_path):
    context = multiprocessing.get_context("fork")
    path = tmp_path / "a.arrays"
    processes = [context.Process(target=_compile_slowly, args=(path, tmp_path)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len(list(tmp_path.glob("built-*"))) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")) == []


def test_a_killed_builder_leaves_nothing_behind(tmp_path):
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from t2po_gym.data.arrayfile import ArrayFileWriter\n"
        "from t2po_gym.data.compiling import compile_once\n"
        "def build(path):\n"
        "    with ArrayFileWriter(path, {}):\n"
        "        os.kill(os.getpid(), 9)\n"
        "compile_once(Path(sys.argv[1]), 'x', build)\n"
    )
    root = Path(__file__).parents[2]
    path = tmp_path / "a"
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
    assert done.returncode == -9
    assert len(list(tmp_path.glob(".*.tmp"))) == 1
    assert compile_once(path, "x", builder("x"))["a"].tolist() == [0, 1, 2]
    assert not list(tmp_path.glob(".*.tmp"))
