/** What an AKS lab needs once, before Azure is asked: a key pair, and who is calling. */
import { generateKeyPairSync } from "node:crypto";
import { get } from "node:https";

/** An RSA pair: the public half as OpenSSH has it, the private half as PEM. */
export function sshKeyPair(): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const field = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  /** A positive number whose first bit is set gets a zero byte before it. */
  const number = (text: string): Buffer => {
    const bytes = Buffer.from(text, "base64url");
    return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
  };
  const body = Buffer.concat([field(Buffer.from("ssh-rsa")), number(e), number(n)]).toString("base64");
  return {
    publicKey: `ssh-rsa ${body} cni-traffic-lab`,
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** The public address that this machine calls from, as the one range that may reach the API server. */
export function callerRanges(): Promise<{ ranges: string[] }> {
  return new Promise((resolve, reject) => {
    const url = "https://api.ipify.org";
    const wrong = (why: string) =>
      new Error(
        `the public address of this machine is not known (${url}: ${why}). Remedy: set aks.authorizedRanges, such as 203.0.113.7/32, or any.`,
      );
    const call = get(url, { timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("end", () => {
        const address = body.trim();
        if (/^\d+(\.\d+){3}$/.test(address)) resolve({ ranges: [`${address}/32`] });
        else reject(wrong(`it answered "${address.slice(0, 60)}"`));
      });
    });
    call.on("timeout", () => call.destroy(wrong("no answer within 10 s")));
    call.on("error", (error) => {
      reject(wrong(error.message));
    });
  });
}
