import * as pulumi from "@pulumi/pulumi";
import {
  configFiles,
  initThen,
  initThenScript,
  memoryMount,
  namedVolume,
  serviceArgs,
  SwarmChildren,
  volumeMount,
  type DatabaseEndpoint,
  type OwnAppOnSwarm,
  type SecretFile,
  type SwarmSecretReference,
} from "../../../components/swarm";
import {
  directory,
  environment,
  itsDatabase,
  listens,
  memory,
  passwordFile,
  pictures,
  prepare,
  scripts,
  serve,
  user,
  type Settings,
} from "./settings";

/** A service of one task. */
export class GuestbookOnSwarm extends pulumi.ComponentResource {
  constructor({ image, port }: Settings, context: OwnAppOnSwarm) {
    const { componentName, options, retainData, stack } = context;
    super("ghost-platform-tests:swarm:Guestbook", componentName, {}, options);
    const children = new SwarmChildren(componentName, { stack }, { parent: this });
    const database = itsDatabase(context);
    const files = Object.entries(scripts(database)).map(([file, text]) => [`${directory}/${file}`, text] as const);
    const args = serviceArgs(stack, children.objectName, {
      image,
      command: initThen(prepare, serve),
      user,
      environment: environment(database),
      memory,
      networks: ["frontend", "backend"],
      secrets: passwords(database),
      configs: configFiles(children, { ...Object.fromEntries(files), ...initThenScript }),
      mounts: [
        volumeMount(namedVolume(stack, children, "data", {}, retainData), pictures),
        memoryMount("/tmp", "16Mi"),
      ],
      healthcheck: {
        command: ["php", "-r", `exit(@file_get_contents('http://127.0.0.1:${listens}/alive') === 'ok' ? 0 : 1);`],
        interval: "5s",
        timeout: "5s",
        retries: 3,
        startPeriod: "5m",
      },
      ports: { [port]: listens },
    });
    children.make("service", "", args);
    this.registerOutputs({});
  }
}

function passwords({ formerPasswords = [], password }: DatabaseEndpoint<SwarmSecretReference>): SecretFile[] {
  return [
    { secret: password, target: passwordFile },
    ...formerPasswords.map((secret, index) => ({ secret, target: `${passwordFile}-former-${index + 1}` })),
  ];
}
