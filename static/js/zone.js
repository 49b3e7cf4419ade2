// Tells the shop which time zone this browser lives in, so that people can be shown times on their own clocks.
for (const field of document.querySelectorAll("input[name=time_zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
