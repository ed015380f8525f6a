import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Programs of the operating system's that do nothing but note what they were asked, and answer as they are told to. */
export interface StandIns {
  /** To be the first folder of a search path. */
  readonly folder: string;
  /** Every call so far, its words separated by blanks. */
  calls(): Promise<readonly string[]>;
  /** From now on calls that contain this text print this on stderr and exit with 1. */
  fail(containing: string, message: string): Promise<void>;
  /** From now on calls that contain this text print this. */
  answer(containing: string, output: string): Promise<void>;
}

export async function standIns(folder: string, ...programs: readonly string[]): Promise<StandIns> {
  const log = join(folder, 'calls');
  const rules = join(folder, 'rules');
  await mkdir(rules, { recursive: true });
  await writeFile(log, '');
  let count = 0;
  for (const program of programs) {
    const path = join(folder, program);
    await writeFile(path, scriptOf(program, log, rules));
    await chmod(path, 0o755);
  }
  const rule = async (kind: string, containing: string, text: string): Promise<void> => {
    const name = join(rules, String(++count).padStart(3, '0'));
    await writeFile(`${name}.${kind}`, text);
    await writeFile(`${name}.pattern`, containing);
  };
  return {
    folder,
    calls: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    fail: (containing, message) => rule('fail', containing, message),
    answer: (containing, output) => rule('print', containing, output),
  };
}

const scriptOf = (program: string, log: string, rules: string): string => `#!/bin/sh
call="${program} $*"
printf '%s\\n' "$call" >> '${log}'
for pattern in '${rules}'/*.pattern; do
  [ -e "$pattern" ] || continue
  case "$call" in
    *"$(cat "$pattern")"*) ;;
    *) continue ;;
  esac
  base="\${pattern%.pattern}"
  if [ -e "$base.fail" ]; then cat "$base.fail" >&2; exit 1; fi
  cat "$base.print"
done
exit 0
`;
