/** How a component gets into the executable. */
export type ComponentKind = 'module' | 'native' | 'runtime' | 'data';

/** Something of others inside a component, such as a library that its binary is linked with. */
export interface InnerComponent {
  readonly name: string;
  readonly version?: string;
  /** An SPDX expression. */
  readonly licence: string;
}

/** Something of others inside the executable. */
export interface Component extends InnerComponent {
  readonly kind: ComponentKind;
  /** Where its source code is. */
  readonly source: string;
  readonly inside: readonly InnerComponent[];
  /** How a user puts in another build of what is under the LGPL. */
  readonly replacing?: string;
}

/** What the executable is made of, as its build found it. */
export interface Licences {
  readonly components: readonly Component[];
  /** The file `NOTICE`: the same list with all licence texts. */
  readonly notice: string;
}
