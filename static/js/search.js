// Shows matching places under the search box while typing. The list below the fold is the data: nothing is fetched.
const input = document.querySelector("[data-find]");
const hits = document.querySelector("[data-hits]");
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
const places = [...document.querySelectorAll("[data-place]")].map((link) => ({
  link,
  words: fold(`${link.dataset.place} ${link.querySelector("[data-name]").textContent}`),
}));

const show = () => {
  const asked = fold(input.value);
  const list = hits.querySelector("ul");
  list.replaceChildren();
  if (!asked) {
    hits.hidden = true;
    return;
  }
  const rank = ({ words }) => (words.split(/[\s,()]+/).some((word) => word.startsWith(asked)) ? 0 : 1);
  const found = places.filter(({ words }) => words.includes(asked)).sort((a, b) => rank(a) - rank(b)).slice(0, 6);
  for (const { link } of found) {
    const item = document.createElement("li");
    const copy = link.cloneNode(true);
    copy.removeAttribute("data-place");
    item.append(copy);
    list.append(item);
  }
  hits.querySelector("[data-none]").hidden = found.length > 0;
  hits.hidden = false;
};

if (input && hits) {
  input.addEventListener("input", show);
  input.form.addEventListener("keydown", (event) => {
    const links = [...hits.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      hits.hidden = true;
      input.focus();
    } else if (event.key === "ArrowDown" && links.length && !hits.hidden) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at ? links[at - 1] : input).focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!input.form.contains(event.target)) hits.hidden = true;
  });
}
