package dev.tandem.features;

/** Where the nodes below the roots of one key are kept, by their number. */
public interface NodeStore {
    Node get(long id);

    void put(long id, Node node);

    void remove(long id);
}
