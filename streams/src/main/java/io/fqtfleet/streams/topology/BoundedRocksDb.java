package io.fqtfleet.streams.topology;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One block cache and one write buffer for all stores of the process: without it each store of each
 * partition takes 50 MB of its own. The first setting of a process holds for all of it.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {
  /** Property: bytes of cache and write buffers together. */
  public static final String TOTAL_BYTES = "fqt.rocksdb.total.bytes";

  private static final double WRITE_SHARE = 0.25;
  private static final int WRITE_BUFFERS = 2;
  private static final long WRITE_BUFFER_BYTES = 4L << 20;

  private static Cache cache;
  private static WriteBufferManager writeBuffers;

  /** Never freed: RocksDB uses both until the process ends. */
  private static synchronized void share(long totalBytes) {
    if (cache == null) {
      cache = new LRUCache(totalBytes, -1, false, 0);
      writeBuffers = new WriteBufferManager((long) (totalBytes * WRITE_SHARE), cache);
    }
  }

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    share(Long.parseLong(configs.get(TOTAL_BYTES).toString()));
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(cache);
    table.setCacheIndexAndFilterBlocks(true);
    options.setWriteBufferManager(writeBuffers);
    options.setWriteBufferSize(WRITE_BUFFER_BYTES);
    options.setMaxWriteBufferNumber(WRITE_BUFFERS);
    options.setTableFormatConfig(table);
  }

  @Override
  public void close(String store, Options options) {
    // The cache and the write buffers are shared and stay.
  }
}
