import { expect } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { createMemoryCeiling } from '../../../../src/system/process/memory-ceiling.ts';
import { treeMemory } from '../../../../src/system/process/process-memory.ts';
import { spawnIpc } from '../../../../src/system/process/processes.ts';
import { LINUX, needs } from '../../../needs.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { unrulyHost } from '../../../fakes/engines/hosted-engine.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';

needs(LINUX)('an engine that grows past the memory ceiling costs its own job alone', async () => {
  const ceiling = createMemoryCeiling({
    limitGib: () => 0.5,
    sizeOf: treeMemory,
    scopes: { put: () => Promise.resolve(false), change: () => Promise.resolve() },
    clock: systemClock,
    onHeld: () => {},
  });
  const host = unrulyHost({ spawn: ceiling.talking(spawnIpc) });
  const { signal } = new AbortController();
  const load = (model: string) =>
    host.load(
      {
        engine: 'gradio',
        files: { model: toModelId(model), paths: new Map(), loras: [], defaults: synthetic.cliDefaults },
      },
      signal,
    );
  const context = { signal, progress: () => {}, emit: () => {} };
  const task = (prompt: string) => aTask({ kind: 'image', prompt });
  await using grows = await load('grows');
  await using other = await load('other');
  const before = await other.run(task('hello'), new Map(), context);
  expect(await failureOf(within(20_000, 'the end', grows.run(task('grow'), new Map(), context)))).toMatchObject({
    code: 'engine.memory-exceeded',
    retryable: true,
    message: 'the gradio engine passed the memory ceiling of 0.5 GiB and was ended',
    hint: expect.stringContaining('memory_max_gb'),
  });
  expect(await other.run(task('hello'), new Map(), context)).toEqual(before);
  expect(await grows.run(task('hello'), new Map(), context)).toMatchObject({ value: { text: 'hello' } });
});
