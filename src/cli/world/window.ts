/** What the operator asks of the window. */
export interface WindowChoice {
  readonly configPath: string | undefined;
  /** Only says where it is. */
  readonly printOnly: boolean;
  /** Opens no window, as at a login. */
  readonly minimised: boolean;
}
