import type { Config } from '../../../config/schema.ts';
import { type Condition, scheduleCondition } from '../../../worker/conditions/condition.ts';
import { batteryCondition, fullScreenCondition, programsCondition } from '../../../worker/conditions/machine.ts';
import { scheduleAt } from '../../../worker/conditions/schedule.ts';
import type { Effects } from '../../effects.ts';

/** The keys that tie jobs to what happens on the machine. */
export const MACHINE_KEYS = ['pause_on_battery', 'pause_for_programs', 'pause_when_full_screen'] as const;
type MachineKeys = Pick<Config, (typeof MACHINE_KEYS)[number]>;

/** Whether the machine has to be asked for anything. */
export const asksMachine = (keys: MachineKeys): boolean =>
  keys.pause_on_battery || keys.pause_when_full_screen || (keys.pause_for_programs?.length ?? 0) > 0;

/** Asks the machine about what is set, all at once. Never rejects. */
export async function readMachineConditions(
  keys: MachineKeys,
  { surroundings }: Pick<Effects, 'surroundings'>,
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
  config: Config,
  effects: Pick<Effects, 'surroundings' | 'clock'>,
): Promise<readonly Condition[]> {
  const now = effects.clock.now();
  const hours = scheduleCondition(scheduleAt(config.schedule ?? [], now), now);
  return [...(hours === undefined ? [] : [hours]), ...(await readMachineConditions(config, effects))];
}
