import { InvalidArgumentError } from "commander";

/** Reads the value of an option that is a number of seconds. @throws InvalidArgumentError for what is none */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) {
    throw new InvalidArgumentError("It must be a number of seconds above 0.");
  }
  return value;
}
