import { expect } from "chai";
import * as fc from "fast-check";
import { environmentOf } from "../../../platforms/kubernetes/pods/environment";
import { declared, service } from "../../support/swarm";
import { withoutPlaceholders } from "../../../platforms/swarm/placeholders";
import { oddText } from "../../support/odd-text";

/** What the kubelet makes of a variable's text (k8s.io/kubernetes/third_party/forked/golang/expansion), where every name is known. */
function expanded(text: string): string {
  return text.replace(/\$(\$|\([^)]*\))/g, (_, next: string) => (next === "$" ? "$" : "EXPANDED"));
}

/** What Go's text/template makes of a text whose only actions are quoted strings. */
function executed(template: string): string {
  return template.replace(/\{\{(.*?)\}\}/gs, (_, action: string) => JSON.parse(action) as string);
}

describe("text in the environment of a container", () => {
  it("G9 is not expanded by the kubelet", () => {
    fc.assert(
      fc.property(oddText, (text) => {
        const [{ value } = { value: undefined }] = environmentOf({ NAME: text }) as { value?: string }[];
        expect(expanded(value ?? "")).to.equal(text);
      }),
    );
  });

  it("S5 is not taken for a template by the swarm", () => {
    fc.assert(
      fc.property(
        oddText.filter((text) => !/\{\{"/.test(text)),
        (text) => {
          expect(executed(withoutPlaceholders(text))).to.equal(text);
        },
      ),
    );
    expect(withoutPlaceholders("{{asset 'x'}} {{{")).to.equal(`{{"{{"}}asset 'x'}} {{"{{"}}{`);
  });

  it("S5 goes to a service of the swarm in that form, and to volumes that nodes make", async () => {
    const { resources } = await declared({
      swarm: { singleNode: false, placement: ["node.hostname==one"] },
      sites: {
        blog: {
          settings: { labs__text: "{{asset 'x'}}" },
          storage: { driver: "plugin", driverOptions: { path: "{{.Task.Slot}}" } },
        },
      },
    });
    const { container } = service(resources, "ghost-blog");
    expect(container.env?.["labs__text"]).to.equal(`{{"{{"}}asset 'x'}}`);
    const options = container.mounts?.map(({ volumeOptions }) => volumeOptions?.driverOptions?.["path"]);
    expect(options).to.include('{{"{{"}}.Task.Slot}}');
  });
});
