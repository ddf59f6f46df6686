//! Engine functions that ext-php-rs does not bind, as Zend's headers declare them in PHP 8.1 to 8.5.

use std::ffi::{c_char, c_int, c_void};

use ext_php_rs::ffi::{
    HashTable, php_stream, zend_class_entry, zend_execute_data, zend_executor_globals,
    zend_fcall_info_cache, zend_function, zend_object, zend_property_info, zend_string, zend_type,
    zval,
};

unsafe extern "C" {
    pub(super) fn zend_declare_typed_property(
        ce: *mut zend_class_entry,
        name: *mut zend_string,
        property: *mut zval,
        access_type: c_int,
        doc_comment: *mut zend_string,
        r#type: zend_type,
    ) -> *mut zend_property_info;
    pub(super) fn zend_verify_scalar_type_hint(
        type_mask: u32,
        arg: *mut zval,
        strict: bool,
        is_internal_arg: bool,
    ) -> bool;
    pub(super) fn zend_verify_arg_error(
        function: *const zend_function,
        arg_info: *const c_void,
        arg_num: u32,
        value: *mut zval,
    );
    pub(super) fn zend_is_callable_at_frame(
        callable: *mut zval,
        object: *mut zend_object,
        frame: *mut zend_execute_data,
        check_flags: u32,
        fcc: *mut zend_fcall_info_cache,
        error: *mut *mut c_char,
    ) -> bool;
    pub(super) fn zend_throw_unwind_exit();
    pub(super) fn zend_is_unwind_exit(exception: *const zend_object) -> bool;
    pub(super) fn zend_is_graceful_exit(exception: *const zend_object) -> bool;
    pub(super) fn zend_release_fcall_info_cache(cache: *mut zend_fcall_info_cache);
    pub(super) fn php_json_encode(
        buffer: *mut SmartString,
        value: *mut zval,
        options: c_int,
    ) -> c_int;
    pub(super) fn php_json_decode_ex(
        value: *mut zval,
        text: *const c_char,
        length: usize,
        options: i64,
        depth: i64,
    ) -> c_int;
    pub(super) fn php_format_date(
        format: *const c_char,
        length: usize,
        timestamp: i64,
        local: bool,
    ) -> *mut zend_string;
    pub(super) fn zend_clear_exception();
    pub(super) fn concat_function(result: *mut zval, first: *mut zval, second: *mut zval) -> c_int;
    pub(super) fn zend_memory_usage(real_usage: bool) -> usize;
    pub(super) fn _zend_hash_init(
        table: *mut HashTable,
        size: u32,
        destructor: *mut c_void,
        persistent: bool,
    );
    pub(super) fn zend_hash_str_add(
        table: *mut HashTable,
        name: *const c_char,
        length: usize,
        value: *mut zval,
    ) -> *mut zval;
    pub(super) fn zend_hash_get_current_key_ex(
        table: *const HashTable,
        name: *mut *mut zend_string,
        index: *mut u64,
        position: *const u32,
    ) -> c_int;
    pub(super) fn zend_hash_add(
        table: *mut HashTable,
        key: *mut zend_string,
        value: *mut zval,
    ) -> *mut zval;
    pub(super) fn zend_hash_find_known_hash(
        table: *const HashTable,
        key: *const zend_string,
    ) -> *mut zval;
    pub(super) fn zend_hash_copy(
        target: *mut HashTable,
        source: *const HashTable,
        copied: unsafe extern "C" fn(*mut zval),
    );
    pub(super) fn zval_add_ref(value: *mut zval);
    pub(super) fn zend_objects_destroy_object(object: *mut zend_object);
    pub(super) fn object_init_ex(value: *mut zval, class: *mut zend_class_entry) -> c_int;
    pub(super) fn zend_ini_long(name: *const c_char, length: usize, original: c_int) -> i64;
    pub(super) fn _php_stream_sock_open_from_socket(
        socket: c_int,
        persistent_id: *const c_char,
    ) -> *mut php_stream;
    pub(super) fn zend_add_attribute(
        attributes: *mut *mut HashTable,
        name: *mut zend_string,
        argc: u32,
        flags: u32,
        offset: u32,
        line: u32,
    ) -> *mut c_void;
    pub(super) fn php_file_le_stream() -> c_int;
    pub(super) fn php_file_le_pstream() -> c_int;
    pub(super) fn _php_stream_cast(
        stream: *mut php_stream,
        cast_as: c_int,
        descriptor: *mut *mut c_void,
        show_error: c_int,
    ) -> c_int;
    pub(super) fn _php_stream_set_option(
        stream: *mut php_stream,
        option: c_int,
        value: c_int,
        place: *mut c_void,
    ) -> c_int;
    pub(super) fn zend_create_fake_closure(
        closure: *mut zval,
        function: *mut zend_function,
        scope: *mut zend_class_entry,
        called_scope: *mut zend_class_entry,
        this: *mut zval,
    );
    pub(super) fn zend_fiber_switch_block();
    pub(super) fn zend_fiber_switch_unblock();
    pub(super) fn zend_fiber_switch_blocked() -> bool;
    pub(super) fn zend_observer_fiber_switch_register(
        handler: unsafe extern "C" fn(*mut c_void, *mut c_void),
    );
    pub(super) static zend_ce_closure: *mut zend_class_entry;
    pub(super) static zend_ce_fiber: *mut zend_class_entry;
    pub(super) fn php_open_temporary_fd(
        folder: *const c_char,
        prefix: *const c_char,
        path: *mut *mut zend_string,
    ) -> c_int;
    pub(super) fn php_get_temporary_directory() -> *const c_char;
    pub(super) fn zend_ini_string(
        name: *const c_char,
        length: usize,
        original: c_int,
    ) -> *const c_char;
    pub(super) fn php_register_variable_ex(name: *const c_char, value: *mut zval, array: *mut zval);
    pub(super) fn php_random_bytes(bytes: *mut c_void, size: usize, throws: bool) -> c_int;
    pub(super) fn php_clear_stat_cache(paths_too: bool, name: *const c_char, length: usize);
    pub(super) fn php_stat(name: *mut zend_string, what: c_int, answer: *mut zval);
    pub(super) fn php_check_open_basedir(path: *const c_char) -> c_int;
    pub(super) fn expand_filepath(path: *const c_char, expanded: *mut c_char) -> *mut c_char;
    pub(super) static php_plain_files_wrapper: StreamWrapper;
    pub(super) fn php_stream_locate_url_wrapper(
        path: *const c_char,
        path_for_open: *mut *const c_char,
        options: c_int,
    ) -> *const StreamWrapper;
    pub(super) fn _php_stream_open_wrapper_ex(
        path: *const c_char,
        mode: *const c_char,
        options: c_int,
        opened_path: *mut *mut zend_string,
        context: *mut c_void,
    ) -> *mut php_stream;
    pub(super) fn _php_stream_copy_to_mem(
        stream: *mut php_stream,
        most: usize,
        persistent: c_int,
    ) -> *mut zend_string;
    pub(super) fn _php_stream_free(stream: *mut php_stream, options: c_int) -> c_int;
    pub(super) fn zend_eval_stringl(
        code: *const c_char,
        length: usize,
        result: *mut zval,
        name: *const c_char,
    ) -> c_int;
    pub(super) static mut zend_autoload: Option<Autoload>;
    pub(super) static spl_ce_RuntimeException: *mut zend_class_entry;
}

/// What the engine asks for a class that is not there, by its name and its name in lower case.
pub(super) type Autoload =
    unsafe extern "C" fn(*mut zend_string, *mut zend_string) -> *mut zend_class_entry;

/// What [`php_stat`] is to find out for `is_file()`.
pub(super) const FS_IS_FILE: c_int = 12;
/// What [`_php_stream_cast`] is to make of a stream: a descriptor.
pub(super) const PHP_STREAM_AS_FD: c_int = 1;
/// How [`_php_stream_free`] closes a stream.
pub(super) const PHP_STREAM_FREE_CLOSE: c_int = 3;
/// The resource of the stream is left to those who have it.
pub(super) const PHP_STREAM_FREE_KEEP_RSRC: c_int = 64;
/// The `type` of a class that an extension has registered.
pub(super) const ZEND_INTERNAL_CLASS: c_char = 1;

/// `php_stream_wrapper`, of which only the address is looked at.
#[repr(C)]
pub(super) struct StreamWrapper([u8; 0]);

/// `smart_str`: a string that grows.
#[repr(C)]
pub(super) struct SmartString {
    pub(super) text: *mut zend_string,
    pub(super) allocated: usize,
}

/// The executor globals of this thread. Without the process-wide lock that ext-php-rs takes, which no call into PHP could be made under.
pub(super) fn executor() -> *mut zend_executor_globals {
    // SAFETY: returns the address of the engine's own structure.
    unsafe { ext_php_rs::ffi::ext_php_rs_executor_globals() }
}
