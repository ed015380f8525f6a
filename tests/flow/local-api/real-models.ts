import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { synthetic } from '../../fakes/builders.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type ApiScene, setupApi } from './scene.ts';

/** A worker with real engines, models of the operator's on its disk, and the client that programs use. */
export interface RealModels extends ApiScene {
  readonly client: OpenAI;
}

/** Chat models for llama.cpp, by their names. */
export async function setupReal(models: Readonly<Record<string, Uint8Array>>): Promise<RealModels> {
  const folder = await tempFolder();
  const llm = join(folder.path, 'models', 'llm');
  await mkdir(llm, { recursive: true });
  for (const [name, bytes] of Object.entries(models)) await writeFile(join(llm, `${name}.gguf`), bytes);
  const at = await setupApi({ config: { models_root: join(folder.path, 'models') } });
  for (const id of Object.keys(models)) {
    await at.post('/models', { id, kind: 'llm', source: { ...synthetic, engine: 'llama-cpp', files: [] } });
  }
  return {
    ...at,
    client: new OpenAI({ baseURL: `${at.api.url}/v1`, apiKey: at.api.token, maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      await at[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
