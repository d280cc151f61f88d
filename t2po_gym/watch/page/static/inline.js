"use strict";

// The episodes of a page that holds them itself.
const t2poEpisodes = (() => {
  const parts = JSON.parse(document.getElementById("data").textContent);
  const find = (name) => parts.find((part) => part.name === name);
  return {
    loadIndex: async (name) => ({ per_chunk: Infinity, episodes: find(name).heads }),
    loadChunk: async (name) => find(name).episodes,
  };
})();
