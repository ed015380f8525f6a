/** Plays the other side of `docs/rehearsal.md` until it is interrupted: `bun run rehearse`. */
import { onStopSignals } from '../../src/system/process/signals.ts';
import { tempFolder } from '../fakes/system/temp-folder.ts';
import { openRehearsal } from './rehearsal.ts';

await using folder = await tempFolder();
console.error('building …');
await using rehearsal = await openRehearsal(folder.path);
for (const [name, value] of Object.entries(rehearsal.variables)) console.log(`export ${name}=${value}`);
console.error('Ctrl-C ends it.');
const stopped = Promise.withResolvers<void>();
const unsubscribe = onStopSignals(() => stopped.resolve());
await stopped.promise;
unsubscribe();
