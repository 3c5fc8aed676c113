// Search over the titles, headings and words of the docs; the index is one file that is read when somebody types.
const field = document.getElementById("search");
const list = document.getElementById("found");
const top = field.dataset.top;
let index;

field.oninput = async () => {
  index ??= await (await fetch(`${top}search.json`)).json();
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = words.length
    ? index
        .map((page) => ({ page, score: words.reduce((sum, word) => sum + (page.title.toLowerCase().includes(word) ? 10 : 0) + (page.heads.toLowerCase().includes(word) ? 4 : 0) + (page.text.includes(word) ? 1 : -100), 0) }))
        .filter((item) => item.score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, 12)
    : [];
  list.replaceChildren(
    ...scored.map(({ page }) => {
      const link = document.createElement("a");
      link.href = top + page.href;
      link.textContent = page.title;
      return link;
    }),
  );
};
