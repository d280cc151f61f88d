from t2po_gym.envs.webshop.data.product import Product, search_text


def test_search_text_has_the_first_bullet_only_and_the_options():
    lamp = Product(
        asin="T000000003",
        title='Lumen "Aurora" Lamp',
        description="Warm\n\nlight",
        bullets=("Steel frame ", "Easy install "),
        options={"color": ("brass", "black"), "style": ("2-pack",)},
    )
    assert search_text(lamp) == (
        'lumen "aurora" lamp warm\n\nlight steel frame  color: brass, black, and style: 2-pack'
    )
    assert search_text(Product(asin="T1", title="Mug")) == "mug   "
