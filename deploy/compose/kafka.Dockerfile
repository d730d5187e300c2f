# Stand-in for apache/kafka where that cannot be pulled; same variables, user and folders.
ARG BASE
FROM ${BASE}
COPY libs /opt/kafka/libs
COPY kafka-run /etc/kafka/docker/run
COPY kafka-log4j2.xml /etc/kafka/docker/log4j2.xml
RUN mkdir -p /opt/kafka/config /var/lib/kafka/data && \
    chown -R 1000:1000 /opt/kafka/config /var/lib/kafka/data
USER 1000
EXPOSE 9092
ENV CLUSTER_ID=ZnF0LWZsZWV0LWxvY2FsMA
CMD ["/etc/kafka/docker/run"]
