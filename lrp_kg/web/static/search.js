// Offers labels while a question is typed into the search box; without it the box works the same.
"use strict";

(() => {
  const box = document.getElementById("q");
  const list = document.getElementById("suggestions");
  if (!box || !list) return;
  let waiting = 0;
  let controller = null;

  async function offer(question) {
    if (controller) controller.abort();
    controller = new AbortController();
    const address = `${document.documentElement.dataset.base}/search?${new URLSearchParams({ q: question, lang: document.documentElement.lang })}`;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" }, signal: controller.signal });
      if (!response.ok) return;
      const { results, complete } = await response.json();
      const labels = complete ? [...new Set(results.map(({ label }) => label))].slice(0, 8) : [];
      list.replaceChildren(...labels.map((value) => Object.assign(document.createElement("option"), { value })));
    } catch (error) { /* the box works without */ }
  }

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    const question = box.value.trim();
    if (question.length > 1) waiting = setTimeout(offer, 150, question);
  });
})();
