/*
 * When backups are made, in the five fields of cron: minute, hour, day of the month, month, day of the week. The times are UTC, so that a cluster, a
 * machine's timer and who waits for a backup mean the same.
 */

/** The values of each field, in order. */
export interface Schedule {
  minutes: number[];
  hours: number[];
  days: number[];
  months: number[];
  /** 0 is Sunday. */
  weekdays: number[];
}

const named: Readonly<Record<string, string>> = {
  hourly: "0 * * * *",
  daily: "0 0 * * *",
  weekly: "0 0 * * 0",
  monthly: "0 0 1 * *",
};

/** What a schedule looks like, for messages and for the schema. */
export const scheduleForm = `must be ${Object.keys(named).join(", ")}, or the five fields of cron in numbers, minute, hour, day, month, day of the week (0 is Sunday), for example "30 3 * * *"; times are UTC`;

/** Least and most of each field. */
const fields = [
  ["minutes", 0, 59],
  ["hours", 0, 23],
  ["days", 1, 31],
  ["months", 1, 12],
  ["weekdays", 0, 6],
] as const;

/** The five fields of a schedule, as cron has them. */
export function cronText(text: string): string {
  return named[text] ?? text.trim().split(/\s+/).join(" ");
}

/** Reads a schedule; undefined for what is none. */
export function parseSchedule(text: string): Schedule | undefined {
  const parts = cronText(text).split(" ");
  if (parts.length !== fields.length) {
    return undefined;
  }
  const schedule: Schedule = { minutes: [], hours: [], days: [], months: [], weekdays: [] };
  for (const [index, [name, least, most]] of fields.entries()) {
    const values = valuesOf(parts[index] ?? "", least, most);
    if (!values) {
      return undefined;
    }
    schedule[name] = values;
  }
  return schedule;
}

/** The values of one field: `*`, `7`, `1-5`, each with a step behind a slash but for a single number, and lists of them. */
function valuesOf(field: string, least: number, most: number): number[] | undefined {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [, range = "", step = "1"] = /^(\*|\d{1,2}-\d{1,2}|\d{1,2}(?!\/))(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    const [first = least, last = range === "*" ? most : first] =
      range === "*" ? [] : range.split("-").map((number) => Number(number));
    if (range === "" || Number(step) < 1 || first < least || last > most || first > last) {
      return undefined;
    }
    for (let value = first; value <= last; value += Number(step)) {
      values.add(value);
    }
  }
  return [...values].sort((left, right) => left - right);
}

/** Days that lie between two backups at most: who has one less often is not served by an alarm. */
const mostDays = 62;

/** What is wrong with a schedule that can be read; undefined where nothing is. */
export function scheduleMistake(text: string): string | undefined {
  const schedule = parseSchedule(text);
  if (!schedule) {
    return scheduleForm;
  }
  const [, , days, , weekdays] = cronText(text).split(" ");
  if (days !== "*" && weekdays !== "*") {
    return "must have * for the day of the month or for the day of the week: cron takes either of the two, and timers of systemd both";
  }
  return longestGap(schedule) > mostDays * daySeconds
    ? `must come at least once in ${mostDays} days: what comes less often, nobody can wait for`
    : undefined;
}

const daySeconds = 86_400;

/** Seconds between two times of a schedule, at most; infinite where it never comes, such as on 30 February. */
export function longestGap({ days, hours, minutes, months, weekdays }: Schedule): number {
  const ofDay = hours.flatMap((hour) => minutes.map((minute) => hour * 3600 + minute * 60));
  const within = ofDay.slice(1).map((second, index) => second - (ofDay[index] ?? 0));
  const between = (ofDay[0] ?? 0) + daySeconds - (ofDay.at(-1) ?? 0);
  let longest = Math.max(0, ...within);
  let last: number | undefined;
  // Of four years, one of which has a day more.
  const first = Date.UTC(2027, 0, 1) / 1000;
  for (let day = 0; day < 4 * 366; day += 1) {
    const date = new Date((first + day * daySeconds) * 1000);
    if (
      months.includes(date.getUTCMonth() + 1) &&
      days.includes(date.getUTCDate()) &&
      weekdays.includes(date.getUTCDay())
    ) {
      longest = Math.max(longest, last === undefined ? 0 : between + (day - last - 1) * daySeconds);
      last = day;
    }
  }
  return last === undefined ? Infinity : longest;
}

const weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** The same times for a timer of systemd. @param text one that `scheduleMistake` lets through */
export function calendarText(text: string): string {
  const schedule = parseSchedule(text);
  if (!schedule) {
    throw new Error(`a schedule was let through that is none: ${text}`);
  }
  const { days, hours, minutes, months, weekdays } = schedule;
  const list = (values: readonly number[], all: number) => (values.length === all ? "*" : values.join(","));
  const onDays = weekdays.length === 7 ? "" : `${weekdays.map((day) => weekdayNames[day]).join(",")} `;
  return `${onDays}*-${list(months, 12)}-${list(days, 31)} ${list(hours, 24)}:${list(minutes, 60)}:00 UTC`;
}
