import { spawnSync } from "node:child_process";

/**
 * The shellcheck program: the one on PATH, else the distribution's, installed where that is possible without asking (Debian, root).
 * Elsewhere says that scripts are not checked, and how to change that.
 */
export function ensureShellcheck(): string | undefined {
  const works = () => spawnSync("shellcheck", ["--version"], { stdio: "ignore" }).status === 0;
  if (works()) {
    return "shellcheck";
  }
  if (process.getuid?.() === 0 && spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0) {
    console.log("shellcheck is missing: installing the distribution's package");
    const apt = (...args: string[]) =>
      spawnSync("apt-get", ["-qq", ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        stdio: ["ignore", "ignore", "inherit"],
        timeout: 180_000,
      }).status === 0;
    if ((apt("install", "-y", "shellcheck") || (apt("update") && apt("install", "-y", "shellcheck"))) && works()) {
      return "shellcheck";
    }
  }
  console.log(
    "shellcheck is not installed, so the shell scripts are NOT checked. Install it: https://www.shellcheck.net",
  );
  return undefined;
}
