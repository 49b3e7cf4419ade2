// Shows every moment on this browser's clocks, with their zone; the page itself says UTC, which stays one hover away.
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});
for (const moment of document.querySelectorAll("time[datetime]")) {
  const there = clock.format(new Date(moment.dateTime));
  if (there === moment.textContent.replace("\u00a0", " ")) continue;
  moment.title = moment.textContent;
  // The zone never stands alone in the next line.
  moment.textContent = there.replace(/ (?=\S+$)/, "\u00a0");
}
