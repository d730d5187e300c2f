# BASE: a Java 17 runtime on the PATH and a shell; by default what containers.sh makes.
ARG BASE
FROM ${BASE}
COPY conf /opt/fqt/conf
COPY lib /opt/fqt/lib
USER 10001
EXPOSE 9464
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=60", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", \
  "-cp", "/opt/fqt/conf:/opt/fqt/lib/*", "io.fqtfleet.gateway.GatewayMain"]
CMD ["/etc/fqt/gateway.yaml"]
