import { WorkerError } from '../../../base/errors.ts';
import { command } from '../../command.ts';
import { readJsonFile } from '../../args/json-file.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Adds a model from a file. */
export const modelsAdd = command({
  summary: 'Add a model from a JSON file: {id, kind, vramGbEstimate, source: {engine, files, cliDefaults}}',
  examples: ['studio-worker studio models add z-image-turbo.json'],
  exits: OPERATOR_EXITS,
  json: 'the model: {id, kind, displayName?, vramGbEstimate, source, createdAt, updatedAt}',
  args: { file: { type: 'positional', valueHint: 'path', description: 'JSON file with the model' }, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const api = await world.operatorApi();
    // Checked before a token is looked up: a wrong file is the likelier mistake.
    const draft = api.readJson(api.WrittenModelSchema, api.writeJson(await readJsonFile('<file>', args.file, world)));
    if (draft.is === 'unreadable')
      throw new WorkerError('cli.usage', `${args.file} is not a valid model: ${draft.problem}`);
    const studio = await openStudio(args, world);
    const model = await studio.addModel(draft.value);
    if (args.json) printJson(world.terminal, model);
    else printLines(world.terminal, `added ${model.id}`);
  },
});
