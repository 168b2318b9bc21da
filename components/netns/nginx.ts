/** The part of an NGINX configuration that every NGINX of a lab shares. Pure. */

export interface NginxOptions {
  /** Worker processes; 0: one for each CPU. */
  readonly workers: number;
  /** Content of the `http` block. */
  readonly http: string;
}

/** A whole nginx.conf that writes nowhere but into the resource's own folder (`{dir}`) and stays in the foreground. */
export function nginxMain({ workers, http }: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
user root root;
worker_processes ${workers === 0 ? "auto" : workers};
pid {dir}/nginx.pid;
error_log stderr warn;
events { worker_connections 16384; }
http {
${temporary.map((kind) => `  ${kind}_temp_path {dir}/${kind};`).join("\n")}
  access_log off;
  server_tokens off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
${http}
}
`;
}
