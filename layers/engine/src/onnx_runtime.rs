//! ONNX Runtime, which runs the detection models and the recogniser of words on the CPU.

use ort::AsPointer;
use ort::environment::Environment;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{ModelMetadata, Session};
use ort::sys::OrtValue;
use ort::value::{DynValue, DynValueRef, Outlet};
use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, PoisonError};

/// Why ONNX Runtime cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("ONNX Runtime cannot be loaded from {path}: {reason}.")]
pub struct LibraryMissing {
    pub path: PathBuf,
    pub reason: String,
}

pub(crate) fn environment(library: &Path) -> Result<Environment, LibraryMissing> {
    let missing = |reason: String| LibraryMissing { path: library.to_owned(), reason };
    if !library.is_file() {
        return Err(missing("there is no such file".to_owned()));
    }
    // ONNX Runtime allows one environment per process. Models can be loaded into it any number of times.
    static LOADED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = loaded.as_ref() {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(library).map_err(|error| missing(error.to_string()))?;
    let environment = builder.with_telemetry(false).build().map_err(|error| missing(error.to_string()))?;
    share_arena(&environment).map_err(|error| missing(error.to_string()))?;
    *loaded = Some(environment.clone());
    Ok(environment)
}

/// A loaded model. Any number of threads can run it at once, each on one core: they share its weights, and each run
/// needs memory for its intermediate results.
pub(crate) struct SharedSession {
    session: Session,
    inputs: Vec<CString>,
    output: CString,
}

impl SharedSession {
    pub(crate) fn load(environment: &Environment, model: &Path) -> ort::Result<Self> {
        let session = Session::builder(environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            // Threads of one run wait for each other after every operation; those of two runs do not.
            .with_intra_threads(1)?
            .with_memory_pattern(false)?
            .with_env_allocators()?
            .commit_from_file(model)?;
        release_free_memory();
        let name = |outlet: &Outlet| CString::new(outlet.name()).map_err(ort::Error::wrap);
        let inputs = session.inputs().iter().map(name).collect::<ort::Result<_>>()?;
        let output = session.outputs().first().ok_or_else(|| ort::Error::new("it has no output"))?;
        Ok(Self { inputs, output: name(output)?, session })
    }

    /// What the model says about itself.
    pub(crate) fn metadata(&self) -> ort::Result<ModelMetadata<'_>> {
        self.session.metadata()
    }

    /// Runs the model on its inputs, in the order of its file, and returns the first output.
    #[expect(
        unsafe_code,
        reason = "ort lets only one thread at a time run a session, so each would hold the weights again"
    )]
    pub(crate) fn run(&self, inputs: &[DynValueRef<'_>]) -> ort::Result<DynValue> {
        if inputs.len() != self.inputs.len() {
            return Err(ort::Error::new(format!("the model has {} inputs", self.inputs.len())));
        }
        let names: Vec<*const c_char> = self.inputs.iter().map(|name| name.as_ptr()).collect();
        let values: Vec<*const OrtValue> = inputs.iter().map(|value| value.ptr()).collect();
        let (output_names, mut outputs) = ([self.output.as_ptr()], [ptr::null_mut()]);
        // SAFETY: ONNX Runtime allows several threads to run one session. ort does not, because not every execution
        // provider keeps to that; this session has none but that of the CPU. There are as many values as names, and the
        // session, the values and the names live until Run has returned. A null pointer stands for the default options,
        // and in `outputs` for an output that ONNX Runtime allocates.
        let status = unsafe {
            (ort::api().Run)(
                self.session.ptr().cast_mut(),
                ptr::null(),
                names.as_ptr(),
                values.as_ptr(),
                values.len(),
                output_names.as_ptr(),
                output_names.len(),
                outputs.as_mut_ptr(),
            )
        };
        // SAFETY: the status is what Run returned, and nothing else releases it.
        unsafe { ort::Error::result_from_status(status) }?;
        let output = NonNull::new(outputs[0]).ok_or_else(|| ort::Error::new("the model returned nothing"))?;
        // SAFETY: Run has succeeded, so this is a value, and nothing else releases it.
        Ok(unsafe { DynValue::from_ptr(output, Some(self.session.allocator())) })
    }
}

/// Makes all sessions use one arena. Of its own arena, each would keep as much as its largest run needed.
#[expect(unsafe_code, reason = "ort has no function for the allocators of an environment")]
fn share_arena(environment: &Environment) -> ort::Result<()> {
    let cpu = MemoryInfo::new(AllocationDevice::CPU, 0, AllocatorType::Arena, MemoryType::Default)?;
    // SAFETY: both pointers are valid during the call, which copies what they point to and changes the environment
    // under a lock. A null pointer stands for the default settings of an arena.
    unsafe {
        let status = (ort::api().CreateAndRegisterAllocator)(environment.ptr().cast_mut(), cpu.ptr(), ptr::null());
        ort::Error::result_from_status(status)
    }
}

/// Gives freed memory back to the kernel. The C library would keep what parsing a model needed, and the weights of a
/// model that was dropped: some hundred megabytes.
#[expect(unsafe_code, reason = "the C library is the only one that can do this")]
pub(crate) fn release_free_memory() {
    // SAFETY: this function of glibc has no preconditions; it takes the locks of the heap itself.
    unsafe { libc::malloc_trim(0) };
}
