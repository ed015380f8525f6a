import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../system/clock.ts';
import type { Surroundings } from '../../system/surroundings/readings.ts';
import { type Condition, scheduleCondition } from './condition.ts';
import { batteryCondition, fullScreenCondition, programsCondition } from './machine.ts';
import { scheduleAt } from './schedule.ts';

/** The keys that tie jobs to what happens on the machine. */
export const MACHINE_KEYS = ['pause_on_battery', 'pause_for_programs', 'pause_when_full_screen'] as const;
type MachineKeys = Pick<Config, (typeof MACHINE_KEYS)[number]>;

/** Whether the machine has to be asked for anything. */
export const asksMachine = (keys: MachineKeys): boolean =>
  keys.pause_on_battery || keys.pause_when_full_screen || (keys.pause_for_programs?.length ?? 0) > 0;

/** Asks the machine about what is set, all at once. Never rejects. */
export async function readMachineConditions(
  keys: MachineKeys,
  surroundings: Surroundings,
): Promise<readonly Condition[]> {
  const { pause_on_battery: onBattery, pause_when_full_screen: whenFull, pause_for_programs: programs = [] } = keys;
  return await Promise.all([
    ...(onBattery ? [surroundings.power().then(batteryCondition)] : []),
    ...(programs.length > 0 ? [surroundings.programs().then((reading) => programsCondition(programs, reading))] : []),
    ...(whenFull ? [surroundings.fullScreen().then(fullScreenCondition)] : []),
  ]);
}

/** Everything that is set, at one moment. */
export async function readConditions(
  config: MachineKeys & Pick<Config, 'schedule'>,
  { surroundings, clock }: { readonly surroundings: Surroundings; readonly clock: Pick<Clock, 'now'> },
): Promise<readonly Condition[]> {
  const now = clock.now();
  const hours = scheduleCondition(scheduleAt(config.schedule ?? [], now), now);
  return [...(hours === undefined ? [] : [hours]), ...(await readMachineConditions(config, surroundings))];
}
