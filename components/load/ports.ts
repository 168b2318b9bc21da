/** Ports of the external server, the same on every platform. */

/** iperf3; a further generator has the next one. */
export const iperf3Port = 5201;
/** The service that answers the caller's address. */
export const addressPort = 8080;
