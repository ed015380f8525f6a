import { WorkerError } from '../../../../base/errors.ts';
import { quoted } from '../../../../base/foreign-text.ts';
import { KIB } from '../../../../base/units.ts';
import { isWebhookSecret, WEBHOOK_EVENTS, type WebhookEvent } from '../../../../contract/operator/webhooks.ts';
import { readNamedFile } from '../../../args/named-file.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import type { World } from '../../../world.ts';

const MAX_SECRET_FILE_BYTES = 4 * KIB;

/** Adds a webhook for all jobs. */
export const webhooksAdd = command({
  summary: 'Add a webhook: a URL that is told of every job that ends',
  examples: [
    'studio-worker studio webhooks add https://ci.example/renders',
    'studio-worker studio webhooks add https://ci.example/renders --events failed,cancelled --secret-file ./secret',
  ],
  exits: OPERATOR_EXITS,
  json: 'the webhook, and its secret this once: {id, url, events, createdAt, pending, secret}',
  args: {
    target: { type: 'positional', valueHint: 'url', description: 'An https URL; its query may hold a token' },
    events: {
      type: 'string',
      valueHint: 'events',
      description: 'Only these events, comma-separated: completed, failed, cancelled (default: all)',
    },
    'secret-file': {
      type: 'string',
      valueHint: 'path',
      description: 'Sign with the secret in this file, whsec_… (default: the studio makes one)',
    },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const events = eventsIn(args.events);
    const secret = await secretIn(args['secret-file'], world);
    const studio = await openStudio(args, world);
    const webhook = await studio.addWebhook({
      url: args.target,
      ...(events !== undefined && { events }),
      ...(secret !== undefined && { secret }),
    });
    if (args.json) return printJson(world.terminal, webhook);
    if (args.quiet) return printLines(world.terminal, webhook.id);
    const shown = secret === undefined ? [`secret, shown this once: ${webhook.secret}`] : [];
    printLines(
      world.terminal,
      `added ${webhook.id}: ${webhook.url} is told of jobs by how they end: ${webhook.events.join(', ')}`,
      ...shown,
    );
  },
});

function eventsIn(given: string | undefined): WebhookEvent[] | undefined {
  if (given === undefined) return undefined;
  return given.split(',').map((name) => {
    const event = WEBHOOK_EVENTS.find((known) => known === name.trim());
    if (event !== undefined) return event;
    throw new WorkerError('cli.usage', `--events names ${quoted(name)}; allowed: ${WEBHOOK_EVENTS.join(', ')}`);
  });
}

/** What the file holds is a secret, so a wrong one is not shown. */
async function secretIn(path: string | undefined, world: World): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const secret = (await readNamedFile('--secret-file', path, MAX_SECRET_FILE_BYTES, world))?.trim();
  if (secret === undefined) throw new WorkerError('cli.usage', `--secret-file: there is no file ${path}`);
  if (isWebhookSecret(secret)) return secret;
  throw new WorkerError('cli.usage', `${path} does not hold a secret`, {
    hint: 'Make one with `echo whsec_$(openssl rand -base64 32)`.',
  });
}
