import { expect } from "chai";
import { alertSender } from "../../../config/apps";
import {
  defaultSender,
  encodedSender,
  mailSender,
  senderPattern,
  senderText,
} from "../../../config/values/mail-sender";
import { parseStackConfig } from "../../../config/parse";

describe("H10 who a mail is from", () => {
  it("is noreply@ the site's domain, without the www. in front of it", () => {
    const senders: [url: string, address: string][] = [
      ["https://www.example.com", "noreply@example.com"],
      ["https://www.example.com/news", "noreply@example.com"],
      ["https://www.blog.example.com:8443", "noreply@blog.example.com"],
      ["https://blog.example.com", "noreply@blog.example.com"],
      ["https://www.com", "noreply@www.com"],
      ["https://wwwest.com", "noreply@wwwest.com"],
      ["http://localhost:2368", "noreply@localhost"],
    ];
    for (const [url, address] of senders) {
      expect(defaultSender(url), url).to.deep.equal({ address });
    }
  });

  it("is an address, alone or behind a name", () => {
    const texts: [text: string, name: string | undefined, address: string][] = [
      ["me@example.com", undefined, "me@example.com"],
      ["<me@example.com>", undefined, ""],
      ["Blog <me@example.com>", "Blog", "me@example.com"],
      ["Blog<me@example.com>", "Blog", "me@example.com"],
      ['"Notes, and more" <me@example.com>', "Notes, and more", "me@example.com"],
      ["Notes, and more <me@example.com>", "Notes, and more", "me@example.com"],
      ["Bücher & Café <me@example.com>", "Bücher & Café", "me@example.com"],
    ];
    for (const [text, name, address] of texts.filter(([, , expected]) => expected !== "")) {
      expect(text).to.match(senderPattern);
      expect(mailSender(text), text).to.deep.equal({ ...(name === undefined ? {} : { name }), address });
    }
  });

  it("A3 is refused where it would mean something else in a mail's head or in a template", () => {
    for (const text of [
      ...["me", "Blog me@example.com", "Blog <me>", "<me@example.com>", "Blog <me@example.com> x"],
      ...["Blog\nBcc: x@example.com <me@example.com>", 'Bl"og <me@example.com>', "{{ .x }} <me@example.com>"],
      ...["me@example.com\nBcc: x", " <me@example.com>", '"" <me@example.com>', "a\\b <me@example.com>"],
    ]) {
      expect(text).to.not.match(senderPattern);
    }
    const site = { url: "http://localhost:2368", mailFrom: "Blog <me>" };
    expect(() => parseStackConfig({ platform: "swarm", sites: { blog: site } })).to.throw(
      /sites\.blog\.mailFrom: must be a mail address, alone or behind a name/,
    );
  });

  it("is written with the name in quotation marks, so that a comma in it ends no address", () => {
    expect(senderText(mailSender("Notes, and more <me@example.com>"))).to.equal('"Notes, and more" <me@example.com>');
    expect(senderText({ address: "me@example.com" })).to.equal("me@example.com");
  });

  it("is ASCII for Alertmanager, which would encode the address, too", () => {
    expect(encodedSender(mailSender("Notes <me@example.com>"))).to.equal('"Notes" <me@example.com>');
    const name = "Bücher für alle, die gern und viel lesen: Ü, ü, ß und andere";
    const text = encodedSender({ name, address: "me@example.com" });
    expect(text).to.match(/^[\x20-\x7e]+ <me@example\.com>$/);
    const words = [...text.matchAll(/=\?utf-8\?B\?([^?]+)\?=/g)];
    expect(words.map(([, word = ""]) => Buffer.from(word, "base64").toString()).join("")).to.equal(name);
    expect(Math.max(...words.map(([word]) => word.length))).to.be.at.most(75);
  });

  it("of alerts is that of the first site, or the one that is named", () => {
    const sites = { blog: { url: "https://www.example.com", port: 8080 } };
    const config = parseStackConfig({ platform: "swarm", sites });
    expect(alertSender(config, {})).to.equal("noreply@example.com");
    expect(alertSender(config, { from: "Watch <watch@example.com>" })).to.equal('"Watch" <watch@example.com>');
  });
});
