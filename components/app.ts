import type { ImageName } from "../config/images";
import type { StackConfig, SwarmStackConfig } from "../config/schema";
import type { HealthRequest } from "./health-request";
import type { Upgrades } from "./upgrade";
import type { SiteOwner } from "./site-owner";
import type { WatchedPages } from "./watched-pages";

/**
 * What an app declares of itself to the tools: `npm start`, `npm run ops`, the backup, the monitoring. They go through the apps of a stack and know
 * none by name. Each app has one in its folder, in `app.ts`; stacks/apps.ts lists them. Every part may be left out, is asked with the checked
 * configuration of a stack, and is empty where the stack does not run the app.
 */
export interface App {
  /** Its folder in components/. */
  name: string;
  /** The images that it runs. */
  images?: (config: StackConfig) => (ImageName | OwnImage)[];
  /** Images of its own that no registry has: where the Dockerfile of each is, as a folder of the project. */
  dockerfiles?: Partial<Record<ImageName, string>>;
  /** What its images are upgraded by. */
  upgrades?: Upgrades;
  /** What of it answers over HTTP inside the stack. */
  pages?: (config: StackConfig) => Partial<WatchedPages>;
  /** What of it answers at a port of the nodes. */
  published?: (config: SwarmStackConfig) => PublishedAddress[];
  /** What of it may stand on storage that its machines share. */
  data?: (config: SwarmStackConfig) => AppData[];
  /** Passwords that are rotated while it serves. */
  passwords?: (config: StackConfig) => RotatedPassword[];
  /** What of it is told of each backup that was made or has failed, so that it can say when one is overdue. */
  toldOfBackups?: (config: SwarmStackConfig, known: KnownBackups) => ToldOfBackups[];
  /** Users that have passwords which are as old as the stack. */
  otherUsers?: (config: StackConfig) => string[];
  /** A page that asks who somebody is. */
  guardedPage?: GuardedPage;
  /** Its sites, each of which belongs to somebody. */
  owners?: (config: StackConfig) => OwnedSite[];
  /** What `npm run ops -- diagnose` asks of it inside containers. */
  inquiries?: (config: StackConfig) => Inquiry[];
  /** What is told of it once the stack is up. */
  summary?: (config: StackConfig, about: SummaryContext) => SummaryPart;
}

/** What there is of a stack's backups. */
export interface KnownBackups {
  /** When the newest good one was begun. */
  good: Date | undefined;
  /** Whether one has failed since. */
  hasFailed: boolean;
  /** When the newest was read back and loaded, at the time of `backup.verify`. */
  verified: Date | undefined;
  /** Whether that has failed since. */
  hasNotBeenVerified: boolean;
}

/** A program that is run in the container of a service, and what it reads. */
export interface ToldOfBackups {
  /** Without the stack's name. */
  service: string;
  program: readonly string[];
  input: string;
}

/** An image that is not among `images`. */
export interface OwnImage {
  name: string;
  /** Its key in the stack file. */
  key: readonly [string, ...string[]];
  reference: string;
}

/** Where a published port answers. */
export interface PublishedAddress {
  /** What it is, for example `site blog`. */
  what: string;
  /** What `npm run ops` calls the service behind it. */
  app: string;
  /** The address readers use. */
  url: string;
  port: number;
  /** How it is asked whether it is up. */
  request: HealthRequest;
  /** Whether it is asked over https, for the host that the request names. Default: false. */
  secure?: boolean;
}

/** A published port of an app whose address nobody has named. */
export function localAddress(what: string, app: string, port: number, path: string): PublishedAddress {
  const headers = { Host: `localhost:${port}` };
  return { what, app, url: `http://localhost:${port}`, port, request: { path, headers, statuses: [200] } };
}

/** What an app keeps in such a volume, by the key that says where. */
export interface AppData {
  /** Key in the configuration, for example `sites.blog`. */
  key: string;
  /** Reference of an image that the machines of the app have, and who writes there. */
  image: string;
  user: number;
  storage: SwarmStackConfig["wordpress"][string]["storage"];
  placement?: string[] | undefined;
}

/** A container of a swarm's service, or of one of its tasks. */
export interface SwarmContainer {
  Env?: string[];
  Secrets?: { SecretName: string; File?: { Name: string } }[];
}

/** The pod of a Deployment or a StatefulSet, or one that runs. */
export interface PodVolumes {
  volumes?: { name: string; secret?: { items?: { key: string }[] } }[];
}

/** A password of an app that is rotated while it serves. */
export interface RotatedPassword {
  /** What names it to `secrets rotate`: a site, or another name among `secrets.generations`. Absent: the database server's own users. */
  site?: string;
  /** Key of its generation in the stack file. */
  key: readonly [string, ...string[]];
  /** Who logs in with it, or several, separated by commas. */
  username: string;
  /** What has it, as sentences begin: `Site blog`. */
  subject: string;
  /** Which one it is: 1 for the first. */
  generation: number;
  /** Generations that are kept for rollback. */
  kept: number[];
  /**
   * The furthest that a stack file may be ahead of what runs, in generations. Default: any, for the server knows every former password until it is
   * discarded.
   */
  mostAhead?: number;
  /** Services that have it, without the stack's name, and which one a container has: none for undefined. */
  swarm: {
    services: readonly string[];
    generationIn: (container: SwarmContainer, stack: { name: string }) => number | undefined;
  };
  /** The same of pods, by the labels of their workloads. Absent: it is on Swarm alone. */
  kubernetes?: { labels: Record<string, string>; generationIn: (pod: PodVolumes) => number | undefined };
  /** What ends the one before, once nothing has it. Absent: nothing has to. */
  discard?: {
    /** A job in the swarm, because the server may run on any node. */
    swarm: SwarmJob;
    /** A command in a pod. */
    kubernetes?: PodCommand;
  };
}

/** A task that runs a script once. */
export interface SwarmJob {
  /** Ends its name. */
  name: string;
  /** Reference. */
  image: string;
  /** Path of the script. */
  script: string;
  /** What runs the text of a script. Default: `bash -c`. */
  interpreter?: readonly [program: string, option: string];
  arguments?: readonly string[];
  /** The secrets it gets: those that deployed services have in files of theirs. */
  secrets: readonly JobSecret[];
  variables: Record<string, string>;
  /** The network of the stack that it is on. Default: backend, where the stack's own servers are and no way out. */
  network?: "backend" | "frontend";
  /** Who it runs as. */
  user: number;
  /** Where the image says data are: a volume without a name would be left behind. */
  data: string;
  placement: readonly string[];
}

/** A secret of a deployed service. */
export interface JobSecret {
  /** Services of which one has it, without the stack's name. */
  services: readonly string[];
  /** The file in which they find it, or the end of its name. */
  file: string;
  /** The file in which the job finds it. Default: the same. */
  as?: string;
}

/** A command in a container of a pod: of the first in which `chosenBy` ends well. */
export interface PodCommand extends ChosenPod {
  command: readonly string[];
}

/** One of several pods that are alike, such as the member of a database that takes writes. */
export interface ChosenPod {
  pods: readonly string[];
  container: string;
  /** Ends well in the one that is meant. */
  chosenBy: readonly string[];
}

/** A page of an app that asks who somebody is, and where the login is read back: a swarm gives a secret to nobody but the containers that have it. */
export interface GuardedPage {
  /** `npm run ops -- <command>` shows it. */
  command: string;
  /** What the command says of itself. */
  description: string;
  /** What the page is, before its address. */
  title: string;
  /** Whether a person at a terminal is shown the login once the stack is up. */
  shownAtStart?: boolean;
  /** Where it is in a stack; or, as a text, why the stack has none. */
  of: (config: StackConfig, stack: string) => GuardedPlace | string;
}

export interface GuardedPlace {
  /** What has it, as sentences begin. */
  what: string;
  /** On Swarm, the service that publishes it, and the file of its container from which the login is read. */
  swarm?: {
    service: string;
    port: number;
    file: string;
    login: (text: string) => Login;
    /** Where it is behind an edge. Absent: at the port. */
    address?: string | undefined;
  };
  /** On Kubernetes: its Service, the Secret with the login, and the address where an Ingress leads to it. */
  kubernetes?: {
    service: string;
    port: number;
    secret: string;
    /** The login, of what the Secret's keys have. Default: `username` and `password`. */
    login?: ((value: (key: string) => string) => Login) | undefined;
    address?: string | undefined;
  };
  /** It asks nobody, in a sentence that says why. Absent: it asks. */
  open?: string | undefined;
}

/** A site that belongs to whoever comes first, where the stack file names nobody. */
export interface OwnedSite {
  /** What it is called in the stack file. */
  name: string;
  /** Key of its owner there, for example `sites.blog.owner`. */
  key: string;
  /** Where its people sign in. */
  signIn: string;
  /** The login that the owner's account was made with. Absent: the stack file names no owner. */
  login?: GuardedPlace | undefined;
  /** How it is asked whether somebody owns it: answered with `nobody` where its first visitor is to own the site. */
  question: ContainerQuestion;
}

/** A command in a container of an app. */
export interface ContainerQuestion {
  /** What `npm run ops` calls the service. */
  app: string;
  /** Container of its pod on Kubernetes. */
  container: string;
  /** Prints the answer. */
  command: readonly string[];
}

/** What is asked inside a container that runs, to see whether something works that no probe asks for. */
export interface Inquiry extends ContainerQuestion {
  /**
   * What an answer says; nothing where all is well.
   *
   * @param answer without the white space around it; undefined where the container could not be asked
   * @param stack the stack's name, for commands to copy
   */
  judge: (answer: string | undefined, stack: string) => Trouble[];
}

/** Something that does not work, though what runs it is well. */
export interface Trouble {
  /** Which of the known ones it is, for example `analytics-switched-off`. */
  scenario: string;
  /** Whether it may be meant. */
  isNotice: boolean;
  /** What it is about. */
  object: string;
  /** In a sentence or two. */
  why: string;
  /** What was answered. */
  evidence?: string | undefined;
  /** What to do, the likeliest first. */
  mend: string[];
}

/** Who signs in to a page. */
export interface Login {
  username: string;
  password: string;
}

/** What an app is told for its part of the summary. */
export interface SummaryContext {
  /** ` --stack NAME`, as commands need it; empty for the stack that they take without. */
  flag: string;
  /** The login of the app's guarded page, where it may be shown. */
  login?: Login | undefined;
}

export interface SummaryPart {
  lines?: string[];
  /** It sends mail: what does not work where that goes nowhere, beside what every app lacks then. */
  withoutMail?: string[];
  /** Services of a cluster that are reached from here through a forwarded port: `service:port` by the local one. */
  forwarded?: { service: string; local: number; port: number }[];
}

/**
 * What is told of a site.
 *
 * @param signIn address where its people sign in
 * @param who may, in a few words
 */
export function siteLines(name: string, url: string, signIn: string, who: string): string[] {
  return [`Site ${name}        ${url.replace(/\/$/, "")}/`, `  sign in        ${signIn}  (${who})`];
}

/** Who signs in there, of a site whose owner the stack file names. */
export function ownerWords({ email }: SiteOwner, site: string, flag: string): string {
  return `${email}; the password: npm run ops -- owner ${site}${flag}`;
}
