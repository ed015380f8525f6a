import { WorkerError } from '../../../../base/errors.ts';
import { TASK_KIND_IDS } from '../../../../contract/tasks/index.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { deadlineIn } from '../../../args/deadline.ts';
import { readImageFiles } from '../../../args/image-file.ts';
import { readJsonFile } from '../../../args/json-file.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { kindsTaking, taskFrom } from '../../../args/task-flags.ts';
import { toNumber } from '../../../args/values.ts';

const SYNTHETIC = 'synthetic';
/** As the studio takes it. */
export const PRIORITY_RANGE = { min: -1_000, max: 1_000, whole: true } as const;
/** The recipe of the engine that is in every worker: no files, and zeroes for "no default". */
const SYNTHETIC_SOURCE = {
  engine: 'synthetic',
  files: [],
  cliDefaults: { cfgScale: 0, steps: 0, width: 0, height: 0 },
};

/** By which it reads images, by the contract; the engine needs no such file, so nobody fetches it. */
const SYNTHETIC_VISION = {
  ...SYNTHETIC_SOURCE,
  files: [{ role: 'text-encoder-vision', url: 'https://example.invalid/vision.gguf', filename: 'vision.gguf' }],
};

/** Queues one job, from flags or from a file with the whole task. */
export const jobsCreate = command({
  summary: 'Queue a job',
  examples: [
    'studio-worker studio jobs create --kind image --prompt "a stone golem" --width 768 --height 512',
    'studio-worker studio jobs create --kind audio_stt --input-url https://example.com/speech.wav',
    'studio-worker studio jobs create --kind llm --prompt "which is older?" --image oak.jpg --image fir.jpg',
    'studio-worker studio jobs create --kind mesh --image golem.png',
    'studio-worker studio jobs create --model z-image-turbo --file task.json --json',
  ],
  exits: OPERATOR_EXITS,
  json: 'the job: {id, state, kind, model, prompt, attempts, maxAttempts, createdAt, updatedAt, …}',
  args: {
    kind: {
      type: 'enum',
      options: [...TASK_KIND_IDS],
      description: 'Task kind',
    },
    prompt: { type: 'string', valueHint: 'text', description: 'Prompt, message to answer, or text to speak' },
    'input-url': { type: 'string', valueHint: 'url', description: `Audio to transcribe (${kindsTaking('input-url')})` },
    image: {
      type: 'string',
      valueHint: 'path',
      description: `PNG, JPEG or WebP file to work from (${kindsTaking('image')}); repeatable for llm`,
    },
    model: {
      type: 'string',
      valueHint: 'studio-model',
      default: SYNTHETIC,
      description: 'Id of a model that the studio knows',
    },
    width: { type: 'string', valueHint: 'pixels', description: `Width (${kindsTaking('width')})` },
    height: { type: 'string', valueHint: 'pixels', description: `Height (${kindsTaking('height')})` },
    steps: { type: 'string', valueHint: 'number', description: `Sampling steps (${kindsTaking('steps')})` },
    seed: { type: 'string', valueHint: 'number', description: `Seed (${kindsTaking('seed')})` },
    seconds: { type: 'string', valueHint: 'number', description: `Length in seconds (${kindsTaking('seconds')})` },
    ext: { type: 'string', valueHint: 'ext', description: 'File type of the artifact' },
    file: { type: 'string', valueHint: 'path', description: 'JSON file with the task; flags override its fields' },
    priority: {
      type: 'string',
      valueHint: 'number',
      default: '0',
      description: 'Priority from -1000 to 1000; higher goes first',
    },
    deadline: {
      type: 'string',
      valueHint: 'time',
      description: 'Deadline, such as 10m from now or 2027-01-31T18:00Z; the job fails if it has not ended by then',
    },
    project: {
      type: 'string',
      valueHint: 'project',
      description: 'Project that the job belongs to (default: that of the token)',
    },
    webhook: { type: 'string', valueHint: 'url', description: 'Tell this URL how the job ended, by a signed POST' },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  repeatable: ['image'],
  run: async (args, world) => {
    const api = await world.operatorApi();
    const fromFile = args.file === undefined ? {} : await readJsonFile('--file', args.file, world);
    const images = await readImageFiles('--image', args.image, world);
    const task = taskFrom({ ...args, images }, fromFile);
    // Read with the studio's own schema, so that a wrong field is named here and not after a round trip.
    const draft = api.readJson(
      api.JobDraftSchema,
      api.writeJson({
        model: args.model,
        modelSource: args.model === SYNTHETIC ? syntheticSource(task) : undefined,
        priority: toNumber('--priority', args.priority, PRIORITY_RANGE),
        ...(args.deadline === undefined ? {} : deadlineIn(args.deadline)),
        webhook: args.webhook,
        task,
        project: args.project,
      }),
    );
    if (draft.is === 'unreadable') throw new WorkerError('cli.usage', `not a valid job: ${draft.problem}`);
    const studio = await openStudio(args, world);
    const job = await studio.createJob(draft.value);
    if (args.json) printJson(world.terminal, job);
    else printLines(world.terminal, args.quiet ? job.id : `queued ${job.id}`);
  },
});

const syntheticSource = (task: Readonly<Record<string, unknown>>) =>
  task['images'] === undefined ? SYNTHETIC_SOURCE : SYNTHETIC_VISION;
