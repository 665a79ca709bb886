package dev.tandem.features;

/** Where the nodes below the roots of one key are kept, by their number. */
public interface NodeStore {
    /** The node, to be read. */
    Node get(long id);

    /** The node, to be changed and put again, or removed. */
    Node toChange(long id);

    /** Keeps a node that is new, or was given to be changed. */
    void put(long id, Node node);

    void remove(long id);
}
