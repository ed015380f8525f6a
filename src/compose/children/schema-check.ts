import { type CheckSchema, createSchemaCheck } from '../../jobs/results/schema-check.ts';
import type { Clock } from '../../system/clock.ts';
import { childEnvironment, processVariables, ownCommand, spawnIpc } from '../../system/process/processes.ts';

/** The check of replies against schemas, whose process is this program once more unless told otherwise. */
export const openSchemaCheck = (
  { clock }: { readonly clock: Pick<Clock, 'after'> },
  program: readonly string[] = ownCommand(),
): CheckSchema =>
  createSchemaCheck({
    spawn: spawnIpc,
    command: [...program, '__schema'],
    env: childEnvironment(processVariables()),
    clock,
  });
