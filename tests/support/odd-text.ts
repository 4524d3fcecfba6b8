import * as fc from "fast-check";

/** A text that Kubernetes, Docker, YAML and shells each would make something else of. */
export const mostOddText = `yes {{asset 'x'}} pa$$word x$(url)y \${HOME} "quoted" \\ # 漢\nsecond: line `;

/** Texts that some reader on the way to a container would take for something else, and any other text. */
export const oddText = fc.oneof(
  fc.constantFrom(
    ..."on off yes no y n true False NULL ~ = << .inf -.NaN 0b11 0o17 017 0x1f 1_000 1:30:00 2026-11-28 1e3 .5 +1 -0".split(
      " ",
    ),
    "2026-11-28 14:05:00",
    "",
    " ",
    " padded ",
    "pa$$word",
    "x$(url)y",
    "$NAME ${NAME} $${NAME}",
    "{{asset 'x'}}",
    '{{{ .Task.Slot }}} {{"{{"}}',
    "a: b # c",
    "- item",
    "'single' \"double\" \\backslash\\n",
    "two\nlines\n",
    "\n\nblank lines \n \n",
    "carriage\r\nreturn\r",
    "tab\tand\u0007bell",
    "next line\u0085 line\u2028 paragraph\u2029 mark\ufeff last\uffff",
    "ünïcødé 漢字 😀",
    "%{x} @{x} !tag &anchor *alias | > ? , [ ] { }",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom("$", "(", "{", "}", ")", " ", "\\", '"', "'", "\n", ":", "#", "-", "x", "0"),
    maxLength: 12,
  }),
);
