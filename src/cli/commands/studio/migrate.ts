import { WorkerError } from '../../../base/errors.ts';
import { command, JSON_ARG } from '../../command.ts';
import { shownUrl } from '../../../base/urls.ts';
import type { Terminal } from '../../../system/terminal.ts';
import type { MoveProgress } from '../../world/studio.ts';
import { printJson, printLines } from '../../output.ts';
import { bucketIn, databaseIn } from './places.ts';

/** Moves a studio, which may run, from one machine's file to a database that several studios share. */
export const migrate = command({
  summary: "Move a studio's data to PostgreSQL while it runs, and its artifacts to a bucket",
  examples: [
    'studio-worker studio migrate --to postgres://studio@db.example/studio --artifacts s3://renders/studio',
    'studio-worker studio migrate --from /srv/studio --to postgres://studio@db.example/studio --json',
  ],
  exits: [
    { code: 65, means: 'the data is damaged, or the database is of a newer version' },
    { code: 66, means: 'the folder holds no studio' },
    {
      code: 69,
      means: 'the studio has moved already, or the database or the bucket cannot be used or holds another one',
    },
    { code: 75, means: 'another move, or a studio of another release, uses the folder' },
  ],
  json: '{workers, models, jobs, artifacts, missing}: how many were moved, and artifacts whose file is gone',
  args: {
    from: {
      type: 'string',
      valueHint: 'folder',
      description: 'Data folder of the studio that moves (default: the one of this account)',
    },
    to: {
      type: 'string',
      valueHint: 'url',
      description: 'PostgreSQL database, which must hold no studio yet (default: STUDIO_WORKER_STUDIO_DATABASE)',
    },
    artifacts: {
      type: 'string',
      valueHint: 'url',
      description: 'Bucket for the artifacts, such as s3://bucket/prefix',
    },
    endpoint: { type: 'string', valueHint: 'url', description: 'Server of that bucket, when it is not on AWS' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const database = databaseIn(args.to, world, '--to');
    if (database === undefined) throw new WorkerError('cli.usage', '--to is missing: it names the database to move to');
    const moved = await world.migrateStudio({
      dataDir: args.from ?? world.studioDefaults.dataDir,
      database,
      artifacts: bucketIn(args.artifacts, args.endpoint),
      onProgress: progressTo(world.terminal.stderr),
    });
    if (args.json) return printJson(world.terminal, moved);
    const { jobs, workers, models, artifacts, missing } = moved;
    printLines(
      world.terminal,
      `moved to ${shownUrl(database)}; the folder keeps a copy. Jobs: ${jobs}, workers: ${workers}, models: ${models}, artifacts: ${artifacts}`,
      ...(missing === 0 ? [] : [`artifacts that were not moved, since their files are gone: ${missing}`]),
    );
  },
});

/** How many artifacts are copied between two lines of progress. */
const LINE_EVERY = 1_000;

/** Progress lines for a waiting operator, apart from the result. */
const progressTo =
  (stderr: Terminal['stderr']) =>
  (progress: MoveProgress): void => {
    if (progress.is === 'holding') stderr.write('the studio waits while the rest is copied\n');
    else if (progress.copied % LINE_EVERY === 0) {
      stderr.write(`copied ${progress.copied} of ${progress.of} artifacts\n`);
    }
  };
