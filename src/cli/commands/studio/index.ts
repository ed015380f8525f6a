import { WorkerError } from '../../../base/errors.ts';
import { quoted } from '../../../base/foreign-text.ts';
import { isLoopback, shownUrl } from '../../../base/urls.ts';
import { command, LOG_ARGS } from '../../command.ts';
import { printLines } from '../../output.ts';
import type { World } from '../../world.ts';
import type { StartedStudio } from '../../world/studio.ts';
import { toNumber } from '../../args/values.ts';
import { bucketIn, databaseIn, spanIn, tlsIn } from './places.ts';

/** TCP has sixteen bits for it. */
const MAX_PORT = 65_535;

/** Runs the embedded studio; its subcommands operate a running one. */
export const studio = command({
  summary: 'Run a studio on this machine, or operate one',
  examples: [
    'studio-worker studio',
    'studio-worker studio --open',
    'studio-worker studio --port 9000 --data /srv/studio --public-name studio.example',
    'studio-worker studio --database postgres://studio@db.example/studio --artifacts s3://renders/studio',
    'studio-worker studio jobs create --kind image --prompt "a stone golem"',
  ],
  exits: [
    { code: 65, means: 'the database or the operator token is damaged, or the token easily guessed' },
    { code: 66, means: 'a file of the data folder cannot be opened' },
    { code: 69, means: 'the address is in use, the database cannot be used, or the studio has moved to another' },
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
    insecure: { type: 'boolean', description: 'Listen beyond this machine, though tokens travel in the clear' },
    'tls-cert': { type: 'string', valueHint: 'file', description: 'Serve TLS with this certificate, in PEM' },
    'tls-key': { type: 'string', valueHint: 'file', description: 'Key of that certificate, in PEM' },
    'trust-proxy': {
      type: 'boolean',
      description: 'Trust X-Forwarded-For from a proxy in front: for registration limits and the audit log',
    },
    'public-name': {
      type: 'string',
      valueHint: 'names',
      description: 'DNS names that it is reached by, as behind a TLS proxy; comma-separated',
    },
    data: { type: 'string', valueHint: 'folder', description: 'Folder for jobs, artifacts and the operator token' },
    database: {
      type: 'string',
      valueHint: 'url',
      description: 'PostgreSQL database that studios share, instead of a file in the folder',
    },
    artifacts: {
      type: 'string',
      valueHint: 'url',
      description: 'Bucket for artifacts, such as s3://bucket/prefix, instead of the folder',
    },
    endpoint: { type: 'string', valueHint: 'url', description: 'Server of that bucket, when it is not on AWS' },
    'keep-artifacts': {
      type: 'string',
      valueHint: 'time',
      description: 'Remove artifacts this long after their jobs ended, such as 12h or 30d (default: keep them)',
    },
    'keep-audit': {
      type: 'string',
      valueHint: 'time',
      description: 'Remove audit entries older than this, such as 365d (default: keep them)',
    },
    'webhooks-to-private': {
      type: 'boolean',
      description: 'Let webhooks lead to this machine and private networks, and be http',
    },
    open: { type: 'boolean', description: 'Open its dashboard in a window on this desktop' },
    ...LOG_ARGS,
  },
  subCommands: {
    status: async () => (await import('./status.ts')).studioStatus,
    logs: async () => (await import('./logs.ts')).studioLogs,
    jobs: async () => (await import('./jobs/index.ts')).jobs,
    workers: async () => (await import('./workers/index.ts')).workers,
    migrate: async () => (await import('./migrate.ts')).migrate,
    projects: async () => (await import('./projects/index.ts')).projects,
    tokens: async () => (await import('./tokens/index.ts')).tokens,
    audit: async () => (await import('./audit.ts')).studioAudit,
    models: async () => (await import('./models/index.ts')).models,
    webhooks: async () => (await import('./webhooks/index.ts')).webhooks,
    dashboard: async () => (await import('./dashboard.ts')).dashboard,
  },
  run: async (args, world) => {
    const { port, dataDir } = world.studioDefaults;
    const host = args.host ?? world.studioDefaults.host;
    const tls = await tlsIn({ cert: args['tls-cert'], key: args['tls-key'] }, world);
    if (!isLoopback(host) && tls === undefined && !args.insecure) throw exposed(host);
    const database = databaseIn(args.database, world);
    const artifacts = bucketIn(args.artifacts, args.endpoint);
    const started = await world.startStudio({
      host,
      hostNames: namesIn(args['public-name'] ?? ''),
      port: args.port === undefined ? port : toNumber('--port', args.port, { min: 0, max: MAX_PORT, whole: true }),
      dataDir: args.data ?? dataDir,
      database,
      artifacts,
      tls,
      trustsProxy: args['trust-proxy'],
      keepAuditMs: spanIn('--keep-audit', args['keep-audit']),
      keepArtifactsMs: spanIn('--keep-artifacts', args['keep-artifacts']),
      webhooksToPrivate: args['webhooks-to-private'],
      logFormat: args['log-format'],
      logLevel: args['log-level'],
    });
    printLines(
      world.terminal,
      `studio:          ${started.url}`,
      `data:            ${started.dataDir}`,
      ...(database === undefined ? [] : [`database:        ${shownUrl(database)}`]),
      ...(artifacts === undefined ? [] : [`artifacts:       s3://${artifacts.bucket}/${artifacts.prefix}`]),
      `operator token:  ${started.tokenFile === undefined ? 'from the environment' : `in ${started.tokenFile}`}`,
    );
    printLines(world.terminal, ...(await pageLines(started, args.open, world)));
    await started.ended;
  },
});

/** Where the dashboard is. A code is for the eyes of whoever reads it now: no file or journal is to keep one. */
async function pageLines(
  { url, pageUrl }: Pick<StartedStudio, 'url' | 'pageUrl'>,
  isToOpen: boolean,
  { terminal, showPage, studioDefaults }: Pick<World, 'terminal' | 'showPage' | 'studioDefaults'>,
): Promise<readonly string[]> {
  const shown = isToOpen ? await showPage(pageUrl()) : 'none';
  if (shown !== 'none') return ['dashboard:       opened'];
  const named = url === studioDefaults.url ? '' : ` --url ${url}`;
  if (!terminal.stdout.isTty) return [`dashboard:       opened by \`studio-worker studio dashboard${named}\``];
  return [`dashboard:       ${pageUrl()}`, '                 (opens once, within ten minutes)'];
}

/** Names without a port or a scheme, as a Host header is compared with them. */
function namesIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => name !== '' && !NAME.test(name));
  if (wrong === undefined) return names.filter((name) => name !== '');
  throw new WorkerError('cli.usage', `--public-name is ${quoted(wrong)}; allowed: a name such as studio.example`);
}

const NAME = /^[a-z\d](?:[a-z\d._-]*[a-z\d])?\.?$/i;

const exposed = (host: string): WorkerError =>
  new WorkerError(
    'cli.usage',
    `--host ${quoted(host)} is reached from other machines, and tokens travel in the clear`,
    {
      hint: 'Add --tls-cert and --tls-key, or leave --host out and put a TLS proxy in front, with --public-name; or add --insecure on a network you trust.',
    },
  );
