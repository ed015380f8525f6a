import { formatBytes, formatDuration } from '../../../base/units.ts';
import { JOB_STATES, type StatusView } from '../../../contract/operator/views.ts';
import { command } from '../../command.ts';
import { factLine, printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Shows a studio at a glance. */
export const studioStatus = command({
  summary: 'Show a studio at a glance: workers, jobs and artifacts',
  examples: ['studio-worker studio status', 'studio-worker studio status --json'],
  exits: OPERATOR_EXITS,
  json: '{version, startedAt, registrations: {pending}, workers: {known, connected, busy}, jobs: {queued, …}, artifacts: {count, sizeBytes}, webhooks?: {active, disabled, pending, failing}}',
  args: { ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const status = await studio.status();
    if (args.json) printJson(world.terminal, status);
    else printLines(world.terminal, ...statusLines(status, world.clock.now()));
  },
});

function statusLines(status: StatusView, now: number) {
  const { version, startedAt, registrations, workers, jobs, artifacts, webhooks } = status;
  const count = (state: keyof StatusView['jobs']): string => `${jobs[state]} ${state}`;
  return [
    // What waits for the operator comes first.
    ...(registrations.pending === 0
      ? []
      : [factLine('to approve', `${registrations.pending} (run \`studio-worker studio workers list\`)`)]),
    ...(jobs.queued > 0 && workers.connected === 0
      ? [factLine('stuck', `${jobs.queued} jobs wait, and no worker is connected`)]
      : []),
    factLine('studio', `running (${version}, for ${formatDuration(Math.max(0, now - Date.parse(startedAt)))})`),
    factLine('workers', `${workers.connected} of ${workers.known} connected, ${workers.busy} busy`),
    factLine('jobs', JOB_STATES.map(count).join(', ')),
    factLine('artifacts', `${artifacts.count} (${formatBytes(artifacts.sizeBytes)})`),
    ...webhookLines(webhooks),
  ];
}

/** Where nobody uses them there is nothing to say. */
function webhookLines(webhooks: StatusView['webhooks']): readonly string[] {
  if (webhooks === undefined || Object.values(webhooks).every((count) => count === 0)) return [];
  const { active, disabled, pending, failing } = webhooks;
  const trouble = failing + disabled === 0 ? '' : ' (run `studio-worker studio webhooks deliveries`)';
  return [
    factLine('webhooks', `${active} active, ${disabled} disabled, ${pending} pending, ${failing} failing${trouble}`),
  ];
}
