import { WorkerError } from '../../../../base/errors.ts';
import { readJsonFile } from '../../../args/json-file.ts';
import { MODEL_ARGS } from '../../../args/model-args.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findModel } from '../../../studio-ids.ts';
import { readDraft } from './draft.ts';

/** Changes a model that the studio has: by a file that takes its place, or by flags over what it is. */
export const modelsReplace = command({
  summary: 'Change a model; jobs that were queued before keep its old description',
  examples: [
    'studio-worker studio models replace --id z-image-turbo --steps 8',
    'studio-worker studio models replace z-image-turbo.json',
  ],
  exits: OPERATOR_EXITS,
  json: 'the model: {id, kind, displayName?, vramGbEstimate, source, createdAt, updatedAt}',
  args: {
    file: {
      type: 'positional',
      required: false,
      valueHint: 'path',
      description: 'JSON file with the model; left out, flags change what the studio has',
    },
    ...MODEL_ARGS,
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  repeatable: ['lora'],
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { file, id: given } = args;
    if (file === undefined && given === undefined) {
      throw new WorkerError('cli.usage', 'name the model with --id, or give a JSON file');
    }
    const known = file === undefined && given !== undefined ? await findModel(studio, given) : undefined;
    const base = file === undefined ? known : await readJsonFile('<file>', file, world);
    const draft = await readDraft(
      { flags: { ...args, id: known?.id ?? given }, base: base && { ...base }, name: file ?? 'this' },
      world,
    );
    const model = await studio.replaceModel(draft);
    if (args.json) printJson(world.terminal, model);
    else printLines(world.terminal, args.quiet ? model.id : `changed ${model.id}`);
  },
});
