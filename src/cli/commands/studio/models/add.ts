import { WorkerError } from '../../../../base/errors.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { readJsonFile } from '../../../args/json-file.ts';
import { MODEL_ARGS } from '../../../args/model-args.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import type { ModelFlags } from '../../../args/model-flags.ts';
import type { World } from '../../../world.ts';
import { readDraft } from './draft.ts';
import { isModelFile, type ModelFromFile, modelFromFile } from './from-file.ts';

/** Adds a model from flags, from a file, or from a file that flags change. */
export const modelsAdd = command({
  summary: 'Add a model: by its file or URL, by flags, or by a JSON file {id, kind, vramGbEstimate, source}',
  examples: [
    'studio-worker studio models add ./qwen-2b.gguf',
    'studio-worker studio models add https://example.com/qwen-2b.gguf',
    'studio-worker studio models add --id qwen-2b --kind llm --engine llama-cpp --vram 3 --model https://example.com/qwen-2b.gguf',
    'studio-worker studio models add --id qwen-vl --kind llm --engine llama-cpp --vram 9 --context-size 16384 --model https://example.com/vl.gguf --text-encoder-vision https://example.com/vl-mmproj.gguf',
    'studio-worker studio models add --id sdxl-ink --kind image --engine sd-cpp --vram 8 --steps 20 --width 1024 --height 1024 --model "https://example.com/sdxl.safetensors#bytes=6938040682" --lora https://example.com/ink.safetensors --lora-weight 0.65',
    'studio-worker studio models add z-image-turbo.json',
    'studio-worker studio models add z-image-turbo.json --id z-image-small --width 512 --height 512',
  ],
  exits: OPERATOR_EXITS,
  json: 'the model: {id, kind, displayName?, vramGbEstimate, source, createdAt, updatedAt}',
  args: {
    file: {
      type: 'positional',
      required: false,
      valueHint: 'path',
      description: 'Model file (GGUF, Whisper) or its URL, or JSON file with the model; flags override what it says',
    },
    ...MODEL_ARGS,
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  repeatable: ['lora'],
  run: async (args, world) => {
    const { base, adopt } = await baseOf(args, world);
    // Checked before a token is looked up: a wrong field is the likelier mistake.
    const draft = await readDraft({ flags: args, base, name: args.file ?? 'this' }, world);
    const studio = await openStudio(args, world);
    const path = await adopt?.(); // first: a worker may be offered a job on it at once
    const added = await studio.addModel(draft).catch((thrown: unknown) => {
      throw isTaken(thrown) ? taken(draft.id, thrown) : thrown;
    });
    if (args.json) return printJson(world.terminal, added);
    if (args.quiet) return printLines(world.terminal, added.id);
    printLines(world.terminal, `added ${added.id}`);
    if (path !== undefined) printLines(world.terminal, `its file is at ${path}, for the worker on this machine`);
  },
});

/** What flags are laid over: a description in JSON, a model that describes itself, or nothing. */
async function baseOf(
  { file, id, vram, config }: Pick<ModelFlags, 'id' | 'vram'> & Partial<Record<'file' | 'config', string | undefined>>,
  world: World,
): Promise<Partial<ModelFromFile>> {
  if (file === undefined) return {};
  if (!isModelFile(file)) return { base: await readJsonFile('<file>', file, world) };
  return await modelFromFile(
    file,
    { ...(id && { id }), ...(vram && { vram }), ...(config && { configPath: config }) },
    world,
  );
}

const isTaken = (thrown: unknown): thrown is WorkerError =>
  thrown instanceof WorkerError && thrown.code === 'studio.refused' && thrown.fields['status'] === 409;

const taken = (id: string, { code, message, fields }: WorkerError): WorkerError =>
  new WorkerError(code, message, {
    fields,
    hint: `Change it with \`studio-worker studio models replace --id ${id}\`, or give the new one another --id.`,
  });
