/* One target in a process of its own: `child.ts <target> <seed> <ms> <file>`. What it is at stands in the file. */
import { openSync, writeSync } from 'node:fs';
import { fuzzTarget } from './run-target.ts';
import { TARGETS } from './targets.ts';

const [name, seed, forMs, place = ''] = process.argv.slice(2);
const target = TARGETS.find((one) => one.name === name);
if (target === undefined) throw new Error(`there is no target ${name}`);
const file = openSync(place, 'r+');
const at = new BigUint64Array(1);
const run = await fuzzTarget(target, {
  seed: Number(seed),
  forMs: Number(forMs),
  onInput: (index) => {
    at[0] = BigInt(index);
    writeSync(file, new Uint8Array(at.buffer), 0, at.byteLength, 0);
  },
});
const found = run.found && { ...run.found, bytes: Buffer.from(run.found.bytes).toString('base64') };
process.stdout.write(JSON.stringify({ ...run, found }));
process.exit(0); // targets may have started processes of their own
