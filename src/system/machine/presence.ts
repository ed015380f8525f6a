/** Whether a person is using this computer: `active` while there is input, `idle` once there was none for a while. */
export type UserPresence = 'idle' | 'active';

/** Read anew for every decision; undefined when it is not known. Answers at once. */
export type Presence = () => UserPresence | undefined;

/** No system is asked in this release, so presence is unknown, and `only_when_idle` rejects every offer. */
export const systemPresence: Presence = () => undefined;
