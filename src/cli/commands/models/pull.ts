import { command, JSON_ARG } from '../../command.ts';
import { readJsonFile } from '../../args/json-file.ts';
import { showProgress, type ProgressView } from '../../view/model-progress.ts';
import { printJson, printLines } from '../../output.ts';
import type { World } from '../../world.ts';
import type { PulledModel } from '../../world/pulls.ts';
import { kindOfArgument, modelAtUrl, modelInFile } from './pull-target.ts';

/** Downloads a model's files, as a job would. */
export const pull = command({
  summary: 'Download a model, or resume its download: by its name in the catalogue, its URL, or a file',
  examples: [
    'studio-worker models pull qwen3.5-0.8b',
    'studio-worker models pull https://example.com/qwen-2b.gguf',
    'studio-worker models pull ./my-model.gguf --id my-model',
    'studio-worker models pull z-image-turbo.json',
  ],
  exits: [
    { code: 1, means: 'the download was stopped; run the command again to resume it' },
    { code: 65, means: 'a file does not match the source, or is not a model' },
    { code: 69, means: 'no such model, or a download failed; run the command again to resume it' },
    { code: 73, means: 'the disk is full' },
    { code: 77, means: 'a URL points to a private or forbidden address' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{model, files: [{role, path}]}',
  args: {
    model: {
      type: 'positional',
      valueHint: 'model',
      description: 'Id in the catalogue, URL or path of a model file (GGUF, Whisper), or JSON file with {id, source}',
    },
    id: { type: 'string', valueHint: 'id', description: 'Id to give a model of a URL or a file' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const view = showProgress(world, args.json);
    try {
      const pulled = await pullOf({ argument: args.model, id: args.id, configPath: args.config }, world, view);
      view.stop();
      if (args.json) return printJson(world.terminal, { model: pulled.model, files: pulled.files });
      if (pulled.kind === 'llm') printLines(world.terminal, `Chat with it: studio-worker chat ${pulled.model}`);
    } finally {
      view.stop();
    }
  },
});

interface Asked {
  readonly argument: string;
  readonly id: string | undefined;
  readonly configPath: string | undefined;
}

type Pulled = Omit<PulledModel, 'kind'> & Partial<Pick<PulledModel, 'kind'>>;

async function pullOf(asked: Asked, world: World, view: ProgressView): Promise<Pulled> {
  const { argument, id, configPath } = asked;
  const kind = kindOfArgument(argument);
  if (kind === 'description') return await pullDescribed(asked, world, view);
  const pulls = await world.pulls(configPath);
  if (kind === 'catalogue') return await pulls.pull({ id: argument }, view.report);
  const modelAt = kind === 'url' ? modelAtUrl : modelInFile;
  return await pulls.pull({ entry: await modelAt(argument, { id, configPath }, world) }, view.report);
}

/** By a description in JSON, which says nothing of what the model is for: the catalogue does not learn of it. */
async function pullDescribed({ argument, id, configPath }: Asked, world: World, view: ProgressView): Promise<Pulled> {
  const value = await readJsonFile('<model>', argument, world);
  const models = await world.models(configPath);
  const draft = models.readDraft(value, { path: argument, id });
  await using hold = models.store.hold();
  const { signal } = new AbortController(); // Ctrl-C ends the process; the next run resumes
  const { model, paths } = await hold.filesFor({ ...draft, onProgress: view.report }, signal);
  return { model, files: [...paths].map(([role, path]) => ({ role, path })) };
}
