import type * as pulumi from "@pulumi/pulumi";
import { claimName } from "./claimed-names";

/**
 * Adjusts a child resource of a component before it is registered: change the arguments or options in place. It is called for each child of its
 * kind.
 *
 * @param name the child's name to the engine, the component's or `<component>-<role>`: it tells which child this is
 * @example
 * new Mailpit("mailpit", { …, transform: { claim: (_, options) => { options.protect = true; } } });
 */
export type Transform<Args> = (args: Args, options: pulumi.CustomResourceOptions, name: string) => void;

type ResourceClass = new (name: string, args: never, options?: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/** The classes that children are made from, by what `transform` calls them. */
export type Kinds = Readonly<Record<string, ResourceClass>>;

/** What a class of resources is made from. */
type ArgsOf<Class extends ResourceClass> = NonNullable<ConstructorParameters<Class>[1]>;

/** A function for each kind of child that is to be adjusted. */
export type Transforms<Table extends Kinds> = {
  [Kind in keyof Table]?: Transform<ArgsOf<Table[Kind]>> | undefined;
};

/** Every child of a component: by kind, and by its name to the engine. */
export type Nodes<Table extends Kinds> = {
  readonly [Kind in keyof Table]: Readonly<Record<string, InstanceType<Table[Kind]>>>;
};

/** A child that is not registered yet: adjusted by the caller, and perhaps to be completed from what it is then. */
export interface Adjusted<Table extends Kinds, Kind extends keyof Table> {
  readonly kind: Kind;
  /** The child's name to the engine. */
  readonly name: string;
  args: ArgsOf<Table[Kind]>;
  options: pulumi.CustomResourceOptions;
}

/** What an object is called on its platform. */
export interface ObjectIdentity {
  /** For a message, and unlike that of any other object there: `StatefulSet mysql in namespace press`. */
  of: pulumi.Input<string>;
  /** Has the object's arguments wait for something: called where the name is known only later. */
  wait: (until: pulumi.Output<unknown>) => void;
}

/** What the children of a component are made of. */
export interface Family<Table extends Kinds> {
  kinds: Table;
  /** The provider's package: `kubernetes`. */
  package: string;
  /** What the engine is told of each of them: parent, provider. */
  options: pulumi.CustomResourceOptions;
  transform: Transforms<Table> | undefined;
  /** Undefined for what the platform does not see. */
  identity: (kind: keyof Table & string, args: never) => ObjectIdentity | undefined;
}

/**
 * The children of a component, or of a part of it. All of them are made here: named after the component, so that there may be two of everything in a
 * program; adjusted by its `transform`; with an object's name that nobody else has; and kept in `nodes`.
 */
export class Children<Table extends Kinds> {
  readonly nodes: Nodes<Table>;
  private readonly made = new Map<string, unknown>();

  /**
   * @param name to the engine: children are `<name>` and `<name>-<role>`
   * @param objectName on the platform: objects are `<objectName>` and `<objectName>-<role>`
   */
  constructor(
    protected readonly family: Family<Table>,
    readonly name: string,
    readonly objectName: string,
    nodes?: Nodes<Table>,
  ) {
    this.nodes =
      nodes ?? (Object.fromEntries(Object.keys(family.kinds).map((kind) => [kind, {}])) as unknown as Nodes<Table>);
  }

  /** Makes the child of a role; the role of the one that the component is about is "". */
  make<Kind extends keyof Table & string>(
    kind: Kind,
    role: string,
    args: ArgsOf<Table[Kind]>,
    options: pulumi.CustomResourceOptions = {},
  ): InstanceType<Table[Kind]> {
    return this.register(this.adjusted(kind, role, args, options));
  }

  /** The same in two steps, for what depends on how a child is after the caller's adjustments. */
  adjusted<Kind extends keyof Table & string>(
    kind: Kind,
    role: string,
    args: ArgsOf<Table[Kind]>,
    options: pulumi.CustomResourceOptions = {},
  ): Adjusted<Table, Kind> {
    const child = { kind, name: named(this.name, role), args, options: { ...this.family.options, ...options } };
    this.family.transform?.[kind]?.(child.args, child.options, child.name);
    return child;
  }

  /** @throws UserError for an object's name that another child of the program has */
  register<Kind extends keyof Table & string>({ args, kind, name, options }: Adjusted<Table, Kind>) {
    const { identity, kinds, package: provider } = this.family;
    const object = identity(kind, args);
    const claimed =
      object && claimName(object.of, name, options.provider ?? options.parent?.getProvider(`${provider}::`));
    if (object && claimed) {
      object.wait(claimed);
    }
    const child = new (kinds[kind] as ResourceClass)(name, args, options) as InstanceType<Table[Kind]>;
    (this.nodes[kind] as Record<string, InstanceType<Table[Kind]>>)[name] = child;
    return child;
  }

  /** What is made once, whoever needs it first. */
  once<Value>(what: string, make: () => Value): Value {
    if (!this.made.has(what)) {
      this.made.set(what, make());
    }
    return this.made.get(what) as Value;
  }

  /** What an object of a role is called on the platform. */
  objectOf(role: string): string {
    return named(this.objectName, role);
  }
}

function named(owner: string, role: string): string {
  return role === "" ? owner : `${owner}-${role}`;
}
