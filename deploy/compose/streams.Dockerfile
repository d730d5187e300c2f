# BASE: a Java 17 runtime on the PATH and a shell; by default what containers.sh makes.
ARG BASE
FROM ${BASE}
COPY conf /opt/fqt/conf
COPY lib /opt/fqt/lib
RUN mkdir -p /var/lib/fqt-streams && chown 10001:10001 /var/lib/fqt-streams
USER 10001
VOLUME /var/lib/fqt-streams
EXPOSE 9102
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", \
  "-cp", "/opt/fqt/conf:/opt/fqt/lib/*", "io.fqtfleet.streams.StreamsMain"]
CMD ["/etc/fqt/streams.yaml"]
