"""WebShop in a real browser: ``t2po/WebShopBrowser-v0``, Chromium through selenium.

* ``env``      - the environment;
* ``gestures`` - its actions by position;
* ``window``   - shows its session and takes its presses; ``seat`` - its place at the server;
* ``lending``  - the server and the browser that the environments of one process share;
* ``tab``      - one page: what is done to it and read from it; ``axtree`` - its accessibility tree;
* ``chromium`` - the browser process; ``guard`` - the process that leaves nothing of it behind.

Needs the extra ``browser``, Chromium and chromedriver.
"""
