# Stand-in for eclipse-mosquitto where that cannot be pulled; same user and folders.
ARG BASE
FROM ${BASE}
RUN mkdir -p /mosquitto/config /mosquitto/data /mosquitto/log && chown -R 1883:1883 /mosquitto
USER 1883
EXPOSE 1883
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
