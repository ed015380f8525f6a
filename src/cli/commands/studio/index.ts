import { command, LOG_ARGS } from '../../command.ts';
import { printLines } from '../../output.ts';
import { toNumber } from '../../args/values.ts';

/** TCP has sixteen bits for it. */
const MAX_PORT = 65_535;

/** Runs the embedded studio; its subcommands operate a running one. */
export const studio = command({
  summary: 'Run a studio on this machine, or operate one',
  examples: [
    'studio-worker studio',
    'studio-worker studio --port 9000 --host 0.0.0.0 --data /srv/studio',
    'studio-worker studio jobs create --kind image --prompt "a stone golem"',
  ],
  exits: [
    { code: 65, means: 'the database or the operator token is damaged, or the token easily guessed' },
    { code: 66, means: 'a file of the data folder cannot be opened' },
    { code: 69, means: 'the address is in use' },
    { code: 73, means: 'the data folder cannot be written' },
    { code: 75, means: 'another studio uses the data folder' },
  ],
  args: {
    port: {
      type: 'string',
      valueHint: 'number',
      description: 'Port to listen on; 0 picks a free one',
    },
    host: {
      type: 'string',
      valueHint: 'address',
      description: 'Address to listen on (default: loopback only)',
    },
    data: { type: 'string', valueHint: 'folder', description: 'Folder for jobs, artifacts and the operator token' },
    ...LOG_ARGS,
  },
  subCommands: {
    status: async () => (await import('./status.ts')).studioStatus,
    logs: async () => (await import('./logs.ts')).studioLogs,
    jobs: async () => (await import('./jobs/index.ts')).jobs,
    workers: async () => (await import('./workers/index.ts')).workers,
    models: async () => (await import('./models/index.ts')).models,
  },
  run: async (args, world) => {
    const { host, port, dataDir } = world.studioDefaults;
    const started = await world.startStudio({
      host: args.host ?? host,
      port: args.port === undefined ? port : toNumber('--port', args.port, { min: 0, max: MAX_PORT, whole: true }),
      dataDir: args.data ?? dataDir,
      logFormat: args['log-format'],
      logLevel: args['log-level'],
    });
    printLines(
      world.terminal,
      `studio:          ${started.url}`,
      `data:            ${started.dataDir}`,
      `operator token:  in ${started.tokenFile}`,
    );
    await started.ended;
  },
});
