// Shows matching places under the search box while typing. The lists on the page are the data: nothing is fetched.
const input = document.querySelector("[data-find]");
const hits = document.querySelector("[data-hits]");
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
const places = new Map();
for (const link of document.querySelectorAll("[data-place]")) {
  const name = link.querySelector("[data-name]").textContent;
  const price = link.querySelector("[data-from]").textContent.trim();
  places.set(link.href, { href: link.href, name, price, words: fold(`${link.dataset.place} ${name}`) });
}

const line = ({ href, name, price }) => {
  const link = document.createElement("a");
  link.href = href;
  for (const [text, kind] of [[name, "az__name"], [price, "az__price"]]) {
    const part = document.createElement("span");
    part.className = kind;
    part.textContent = text;
    link.append(part);
  }
  const item = document.createElement("li");
  item.append(link);
  return item;
};

const show = () => {
  const asked = fold(input.value);
  hits.hidden = !asked;
  if (!asked) return;
  const rank = ({ words }) => (words.split(/[\s,()]+/).some((word) => word.startsWith(asked)) ? 0 : 1);
  const found = [...places.values()].filter(({ words }) => words.includes(asked));
  found.sort((a, b) => rank(a) - rank(b));
  hits.querySelector("ul").replaceChildren(...found.slice(0, 6).map(line));
  hits.querySelector("[data-none]").hidden = found.length > 0;
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
