import * as fs from "node:fs";
import * as path from "node:path";
import { ownerLabel } from "../../../../platforms/swarm/stack";
import { temporaryDirectory } from "../../../support/temporary-directory";

/** A docker command on PATH that writes down what it is asked. Volumes are folders, and what is to run in a container runs here on them. */
export interface FakeDocker {
  /** Commands so far, a line each, without the host: `volume create … data`. */
  calls: () => string[];
  /** Folder of a volume. */
  volume: (name: string) => string;
  /** Makes an empty volume that a stack owns. */
  owned: (name: string, stack: string) => void;
  /** Fails the n-th command from now on, once, before or after it has done its work; undefined fails none. */
  failAt: (call: number | undefined, when?: "before" | "after") => void;
  /** Takes it off PATH. */
  remove: () => void;
}

const program = `#!/bin/bash
set -euo pipefail
shift 2 # --host and its value
printf '%s\\n' "\${*//$'\\n'/ }" >> "$HOME_OF_FAKE/calls"
read -r count < "$HOME_OF_FAKE/count"
count=$((count + 1))
echo "$count" > "$HOME_OF_FAKE/count"
read -r fail when < "$HOME_OF_FAKE/fail"
if [ "$count" = "$fail" ] && [ "$when" = before ]; then exit 1; fi
volumes=$HOME_OF_FAKE/volumes
case "$1 \${2:-}" in
  "version "*) echo 28.0.0 ;;
  "volume ls")
    for volume in "$volumes"/*; do
      [ -e "$volume" ] || continue
      name=\${volume##*/}
      # A folder that was made without this program has no labels.
      case "$*" in
        *label=*) grep -qsxF -- "\${4#label=}" "$volumes/../labels/$name" && echo "$name" || true ;;
        *) echo "$name" ;;
      esac
    done
    ;;
  "volume inspect") echo '[{"Driver":"local","Options":null}]' ;;
  "volume create")
    name=\${!#}
    if [ ! -d "$volumes/$name" ]; then printf '%s\\n' "$@" > "$volumes/../labels/$name"; fi
    mkdir -p "$volumes/$name"
    ;;
  "ps "*) ;;
  "run "*)
    shift
    folder= target=
    while [ $# -gt 0 ]; do
      case $1 in
        --rm | --interactive | --read-only) shift ;;
        --env)
          export "$2"
          shift 2
          ;;
        --volume)
          folder=$volumes/\${2%%:*}
          target=\${2#*:}
          target=\${target%:ro}
          shift 2
          ;;
        --mount)
          folder=\${2#*source=}
          folder=$volumes/\${folder%%,*}
          target=/volume
          shift 2
          ;;
        --entrypoint)
          entrypoint=$2
          shift 2
          ;;
        --*) shift 2 ;;
        *) break ;;
      esac
    done
    shift # the image
    [ -d "$folder" ] || exit 125
    if [ -n "\${volume:-}" ]; then volume=$folder; fi
    "$entrypoint" "\${@//$target/$folder}"
    ;;
  *) exit 125 ;;
esac
if [ "$count" = "$fail" ]; then exit 1; fi
`;

export function fakeDocker(): FakeDocker {
  const home = temporaryDirectory();
  const bin = path.join(home, "bin");
  const before = process.env["PATH"];
  fs.mkdirSync(bin);
  fs.mkdirSync(path.join(home, "volumes"));
  fs.mkdirSync(path.join(home, "labels"));
  fs.writeFileSync(path.join(home, "calls"), "");
  fs.writeFileSync(path.join(bin, "docker"), program.replaceAll("$HOME_OF_FAKE", home), { mode: 0o755 });
  // Of all disks of this machine, which others keep busy.
  fs.writeFileSync(path.join(bin, "sync"), "#!/bin/sh\n", { mode: 0o755 });
  const failAt: FakeDocker["failAt"] = (call, when = "before") => {
    fs.writeFileSync(path.join(home, "count"), "0\n");
    fs.writeFileSync(path.join(home, "fail"), `${call ?? "none"} ${when}\n`);
  };
  failAt(undefined);
  process.env["PATH"] = `${bin}:${before ?? ""}`;
  return {
    calls: () =>
      fs
        .readFileSync(path.join(home, "calls"), "utf8")
        .split("\n")
        .filter((line) => line !== ""),
    volume: (name) => path.join(home, "volumes", name),
    owned: (name, stack) => {
      fs.mkdirSync(path.join(home, "volumes", name));
      fs.writeFileSync(path.join(home, "labels", name), `${ownerLabel}=${stack}\n`);
    },
    failAt,
    remove: () => {
      process.env["PATH"] = before;
    },
  };
}
