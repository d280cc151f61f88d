// Loads the episode files. Each is a script that calls t2poEpisodes.index or t2poEpisodes.chunk,
// because a page opened from a folder may not fetch files.
"use strict";

const t2poEpisodes = (() => {
  const arrivals = new Map(); // path -> function that takes what its script brings
  const loads = new Map(); // path -> promise of it

  function addScript(path, resolve, reject) {
    const script = document.createElement("script");
    script.src = `episodes/${path}.js`;
    arrivals.set(path, resolve);
    script.addEventListener("load", () => reject(new Error("damaged"))); // too late if it arrived
    script.addEventListener("error", () => reject(new Error("missing")));
    document.head.append(script);
  }

  function load(path) {
    if (!loads.has(path)) {
      loads.set(path, new Promise((resolve, reject) => addScript(path, resolve, reject)));
    }
    return loads.get(path);
  }

  return {
    index: (name, value) => arrivals.get(`${name}/index`)?.(value),
    chunk: (name, number, value) => arrivals.get(`${name}/${number}`)?.(value),
    loadIndex: (name) => load(`${name}/index`),
    loadChunk: (name, number) => load(`${name}/${number}`),
  };
})();
