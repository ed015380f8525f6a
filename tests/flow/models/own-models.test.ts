import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SECOND_MS } from '../../../src/base/units.ts';
import { localModels } from '../../../src/engines/local-models.ts';
import { READY, type Readiness } from '../../../src/engines/readiness.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

test('a model added while the worker runs is in its next heartbeats', async () => {
  const engine = new ScriptedEngine();
  let folder = '';
  const own = async (): Promise<Readiness> => {
    const names = folder === '' ? [] : await localModels(systemFiles, folder, '.gguf');
    Object.assign(engine, { models: { llm: ['synthetic', ...names] } });
    return READY;
  };
  Object.assign(engine, { readiness: own });
  await using scene = await setup({ engines: [engine] });
  folder = join(scene.worker.folder, 'models', 'llm');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'fox.gguf'), 'GGUF');
  scene.worker.clock.skip(5 * SECOND_MS);
  await scene.studio.until('a heartbeat that names the model', (event) => {
    if (event.is !== 'heard' || event.frame.type !== 'heartbeat') return false;
    return event.frame.capabilities.supportedModels.includes('fox');
  });
  expect(scene.worker.status().session).toEqual({ at: 'live' });
});
